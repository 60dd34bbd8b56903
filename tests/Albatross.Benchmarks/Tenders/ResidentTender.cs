using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Benchmarks.Tenders;

/// <summary>An image as the daemon holds it: parsed, its bytes in sealed memory.</summary>
internal sealed record HeldImage(UnikernelImage Image, SealedFile File);

/// <summary>CPU time of one start in milliseconds.</summary>
internal readonly record struct StartTime(double Parent, double Child)
{
    public double Sum => Parent + Child;
}

/// <summary>A device and its descriptor.</summary>
internal sealed record HeldDevice(Func<ManifestEntry, DeviceAttachment> Attach, SafeHandle Descriptor);

/// <summary>Starts processes as the daemon does: our tenders without any program, and other programs by their path.</summary>
internal sealed class ResidentTender : IDisposable
{
    private const ulong MemoryMib = 16;
    private const int GetProcessId = 39;

    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);

    /// <summary>The host's KVM; null where there is none.</summary>
    public KvmHost? Kvm { get; } = OpenKvm();

    /// <summary>What can be measured here.</summary>
    public ImmutableArray<GuestTarget> Targets => Kvm is null ? [GuestTarget.Spt] : [GuestTarget.Spt, GuestTarget.Hvt];

    /// <summary>Parses and stores an image.</summary>
    public static HeldImage Hold(byte[] bytes) => UnikernelImage.TryParse(bytes, out UnikernelImage? image, out ImageRefusal? refusal)
        ? new HeldImage(image, SealedFile.Of("image", bytes))
        : throw new InvalidOperationException(refusal.Text);

    /// <summary>Starts a unikernel with 16 MiB: builds the launch, writes it to a memory file, executes it.</summary>
    public ProcessDescriptor Start(HeldImage image, HeldDevice? device = null, Filter filter = Filter.On)
    {
        bool isSpt = image.Image.Abi.Target == AbiTarget.Spt;
        byte[] bytes = Build(image.Image, device).ToArray();
        if (filter == Filter.Off)
        {
            TakeOutFilter(bytes);
        }
        else if (filter == Filter.AllowsAll)
        {
            OpenFilter(bytes);
        }

        using SealedFile executable = SealedFile.OfExecutable("tender", bytes);
        using TimerDescriptor? timer = isSpt ? null : TimerDescriptor.Create();
        ImmutableArray<SafeHandle> own = timer is null ? [image.File] : [Kvm!, image.File, timer];
        return _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = "tender",
            Descriptors = [_null, _null, _null, .. own, .. device is null ? ImmutableArray<SafeHandle>.Empty : [device.Descriptor]],
        });
    }

    /// <summary>Starts a program of the host.</summary>
    public ProcessDescriptor StartProgram(string path, params IEnumerable<string> arguments) => _spawner.Start(new SpawnRequest
    {
        ProgramPath = path,
        ProcessName = path,
        Arguments = [.. arguments.Select(argument => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(argument))],
        Descriptors = [_null, _null, _null],
    });

    /// <summary>
    /// From <paramref name="start"/> to the end, which has to be a success: the CPU time of this thread, without that of reading the other's
    /// from /proc, and the CPU time of the process.
    /// </summary>
    public static StartTime Measure(Func<ProcessDescriptor> start)
    {
        const int Patience = 60_000;
        TimeSpan begun = CpuClock.ThisThread;
        using ProcessDescriptor process = start();
        process.HasEnded(Patience);
        TimeSpan ended = CpuClock.ThisThread;
        TimeSpan child = CpuClock.Of(process.ProcessId);
        TimeSpan collecting = CpuClock.ThisThread;
        ProcessExit exit = process.Wait();
        TimeSpan parent = ended - begun + (CpuClock.ThisThread - collecting);
        return exit.ShellStatus == 0
            ? new StartTime(parent.TotalMilliseconds, child.TotalMilliseconds)
            : throw new InvalidOperationException($"what is measured ended with {exit}");
    }

    /// <summary>The launcher's ELF file.</summary>
    public ReadOnlyMemory<byte> Build(UnikernelImage image, HeldDevice? device = null)
    {
        AbiTarget target = image.Abi.Target;
        GuestMemorySize.TryFromMebibytes(MemoryMib, target, out GuestMemorySize memory, out _);
        ImmutableArray<DeviceAttachment> devices = device is null ? [] : [device.Attach(image.Manifest.Devices.Single())];
        ImageRefusal? refusal;
        if (target == AbiTarget.Spt)
        {
            var spt = new SptLaunchRequest
            {
                Image = image, Memory = memory, CommandLine = default, ImageAccess = ImageAccess.Share, Devices = devices,
            };
            return SptLaunch.TryBuild(spt, out SptLaunch? sptLaunch, out refusal)
                ? sptLaunch.Executable
                : throw new InvalidOperationException(refusal.Text);
        }

        var hvt = new HvtLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = default,
            ImageAccess = ImageAccess.Share,
            Devices = devices,
            Kvm = new KvmFacts(Kvm!.RunSizeBytes, Kvm.Cpuid),
        };
        return HvtLaunch.TryBuild(hvt, out HvtLaunch? launch, out refusal)
            ? launch.Executable
            : throw new InvalidOperationException(refusal.Text);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kvm?.Dispose();
        _spawner.Dispose();
        _null.Dispose();
    }

    private static KvmHost? OpenKvm()
    {
        try
        {
            return KvmHost.Open();
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            Console.WriteLine($"hvt is not measured: {e.Message}");
            return null;
        }
    }

    // The filter's first instruction, which loads the architecture, becomes its last: allow.
    private static void OpenFilter(Span<byte> executable)
    {
        ReadOnlySpan<byte> loadArchitecture = [0x20, 0, 0, 0, 4, 0, 0, 0], allow = [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f];
        allow.CopyTo(executable[executable.IndexOf(loadArchitecture)..]);
    }

    // The row that closes the filter becomes one that does nothing: what is left are the plain system calls, made by the same code.
    private static void TakeOutFilter(Span<byte> executable)
    {
        const ulong SetModeFilter = 1;
        for (int at = 0; at + RowLayout.SizeBytes <= executable.Length; at += RowLayout.SizeBytes)
        {
            Span<byte> row = executable.Slice(at, RowLayout.SizeBytes);
            if (BinaryPrimitives.ReadInt32LittleEndian(row) == SystemCallNumber.Seccomp
                && BinaryPrimitives.ReadUInt64LittleEndian(row[RowLayout.FirstArgument..]) == SetModeFilter)
            {
                BinaryPrimitives.WriteInt32LittleEndian(row, GetProcessId);
                return;
            }
        }

        throw new InvalidOperationException("the row that closes the filter was not found");
    }
}

/// <summary>Whether the system call filter is closed.</summary>
internal enum Filter
{
    /// <summary>As shipped.</summary>
    On,

    /// <summary>Closed, but it allows every call: what the kernel takes for any filter.</summary>
    AllowsAll,

    /// <summary>Taken out, as the yardstick.</summary>
    Off,
}
