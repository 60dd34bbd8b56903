using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>As whom the process is started.</summary>
internal enum Starter
{
    /// <summary>Root, whose lock-down has every layer.</summary>
    Root,

    /// <summary>nobody, whose lock-down has what needs no right.</summary>
    Nobody,
}

/// <summary>Starts hostile programs inside the lock-down that the library makes for this host, less some walls.</summary>
internal sealed class HostileRun : IDisposable
{
    private const uint Nobody = 65534;

    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);
    private readonly EmptyDirectory _root = EmptyDirectory.TryCreate() ?? throw new InvalidOperationException("no empty directory");
    private readonly KvmHost? _kvm;
    private readonly GuestTarget _target;
    private readonly HostileContext _context;

    internal HostileRun(GuestTarget target, HostileContext context)
    {
        _kvm = target == GuestTarget.Hvt ? KvmHost.Open() : null;
        (_target, _context) = (target, context);
    }

    /// <summary>Runs <paramref name="attempt"/> with <paramref name="without"/> taken out: its end, and how large the disk is then.</summary>
    internal (ProcessExit Exit, string Output, long DiskBytes) Of(Action<HostileCode> attempt, Starter starter, IEnumerable<Wall> without)
    {
        using var disk = new BlockFile(HostileContext.DiskBytes);
        using BlockDevice device = BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(disk.Path));
        (byte[] image, byte[] runLoop) = new HostileCode(_target, _context).Finish(attempt, RunAddress);
        Confinement confinement = ConfinementOf(starter);
        Assert.True(UnikernelImage.TryParse(image, _target == GuestTarget.Hvt ? AbiTarget.Hvt : AbiTarget.Spt, out UnikernelImage? parsed, out _));
        var attachment = new DeviceAttachment.Block(parsed.Manifest.Entries[1], device.CapacityBytes);
        var launcher = new DamagedLauncher(Build(parsed, attachment, confinement), _target);
        runLoop.CopyTo(launcher.At(RunAddress));
        foreach (Wall wall in without)
        {
            launcher.Remove(wall);
        }

        using SealedFile file = SealedFile.Of("image", image);
        (string output, ProcessExit exit) = Start(launcher.Elf, file, device, confinement.HasEmptyRoot, starter);
        return (exit, output, disk.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _kvm?.Dispose();
        _root.Dispose();
        _spawner.Dispose();
        _null.Dispose();
    }

    /// <summary>Where the run loop begins: "mov edi, vCPU", then "mov esi, KVM_RUN".</summary>
    private static ulong RunAddress { get; } =
        ProcessLayout.Code + (ulong)LauncherCode.RunLoop.IndexOf((ReadOnlySpan<byte>)[0xbe, 0x80, 0xae, 0x00, 0x00]);

    private static Confinement ConfinementOf(Starter starter)
    {
        SandboxSupport support = SandboxSupport.Probe();
        bool isRoot = starter == Starter.Root;
        var facts = new SandboxFacts
        {
            LandlockVersion = support.LandlockVersion,
            HasExecGainRefusal = support.HasExecGainRefusal,
            EffectiveCapabilities = isRoot ? support.Rights.EffectiveCapabilities : 0,
            BoundingCapabilities = support.Rights.BoundingCapabilities,
        };
        return Confinement.For(facts, UnikernelUser.OfProcess(Environment.ProcessId), hasEmptyDirectory: true);
    }

    private ReadOnlyMemory<byte> Build(UnikernelImage image, DeviceAttachment disk, Confinement confinement)
    {
        AbiTarget target = _target == GuestTarget.Hvt ? AbiTarget.Hvt : AbiTarget.Spt;
        Assert.True(GuestMemorySize.TryFromMebibytes(4, target, out GuestMemorySize memory, out _));
        ImageRefusal? refusal;
        if (_kvm is null)
        {
            var spt = new SptLaunchRequest
            {
                Image = image, Memory = memory, CommandLine = default, ImageAccess = ImageAccess.Copy, Devices = [disk], Confinement = confinement,
            };
            return SptLaunch.TryBuild(spt, out SptLaunch? launch, out refusal)
                ? launch.Executable
                : throw new InvalidOperationException(refusal.Text);
        }

        var request = new HvtLaunchRequest
        {
            Image = image, Memory = memory, CommandLine = default, ImageAccess = ImageAccess.Copy, Devices = [disk], Confinement = confinement,
            Kvm = new KvmFacts(_kvm.RunSizeBytes, _kvm.Cpuid),
        };
        return HvtLaunch.TryBuild(request, out HvtLaunch? hvt, out refusal)
            ? hvt.Executable
            : throw new InvalidOperationException(refusal.Text);
    }

    private (string Output, ProcessExit Exit) Start(byte[] elf, SealedFile image, BlockDevice disk, bool hasRoot, Starter starter)
    {
        using SealedFile executable = SealedFile.OfExecutable("hostile", elf);
        using TimerDescriptor timer = TimerDescriptor.Create();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        SafeHandle console = pipe.ClientSafePipeHandle;
        ImmutableArray<SafeHandle> first = _kvm is null ? [_null, console, console, image, disk] : [_null, console, console, _kvm, image, timer, disk];

        // The last ones are leaked: what a careless caller leaves open.
        ImmutableArray<SafeHandle> descriptors = [.. first, .. hasRoot ? (SafeHandle[])[_root] : [], _null, _null, _null, _null];
        using ProcessDescriptor process = _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = "hostile",
            Descriptors = descriptors,
            Rows = starter == Starter.Root ? default : BecomeNobody(),
        });
        pipe.DisposeLocalCopyOfClientHandle();
        using var reader = new StreamReader(pipe);
        string output = reader.ReadToEnd();
        return (output, process.Wait());
    }

    /// <summary>Rows for the child before it executes: setgroups, setresgid, setresuid.</summary>
    private static byte[] BecomeNobody()
    {
        (int Number, ulong[] Arguments)[] calls =
        [
            (SystemCallNumber.Setgroups, [0, 0]),
            (SystemCallNumber.Setresgid, [Nobody, Nobody, Nobody]),
            (SystemCallNumber.Setresuid, [Nobody, Nobody, Nobody]),
        ];
        var rows = new byte[calls.Length * RowLayout.SizeBytes];
        for (int i = 0; i < calls.Length; i++)
        {
            Span<byte> row = rows.AsSpan(i * RowLayout.SizeBytes, RowLayout.SizeBytes);
            BinaryPrimitives.WriteInt32LittleEndian(row, calls[i].Number);
            for (int j = 0; j < calls[i].Arguments.Length; j++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(row[(RowLayout.FirstArgument + (8 * j))..], calls[i].Arguments[j]);
            }
        }

        return rows;
    }
}
