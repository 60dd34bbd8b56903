using System.Collections.Immutable;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Albatross.Linux;
using Albatross.MachineCode.Model;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Microsoft.Win32.SafeHandles;

namespace Albatross.MachineCode.Differential;

/// <summary>What a guest did under KVM.</summary>
internal sealed record SeenRun(ProcessExit Exit, byte[] Output, string Error, byte[] Disk, List<byte[]>[] Sent);

/// <summary>
/// Runs programs under KVM as the daemon does, without a tender process: a file of <see cref="ModelledUnikernel.CapacityBytes"/> is the
/// disk, a pair of sockets the network. For one thread.
/// </summary>
internal sealed class ProgramHost : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);
    private readonly KvmHost _kvm;
    private readonly SafeFileHandle _disk;
    private readonly byte[] _content = new byte[ModelledUnikernel.CapacityBytes];

    internal ProgramHost(KvmHost kvm)
    {
        _kvm = kvm;
        string path = $"/dev/shm/albatross-differential-{Environment.ProcessId}-{Guid.NewGuid():N}";
        _disk = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);

        // At once, so that nothing is left when this process is killed.
        File.Delete(path);
        for (int i = 0; i < _content.Length; i++)
        {
            _content[i] = (byte)((i * 31) ^ (i >> 8));
        }
    }

    /// <summary>A copy of what the disk holds when a guest starts.</summary>
    internal byte[] DiskContent => [.. _content];

    /// <summary>The launcher of a program.</summary>
    internal ReadOnlyMemory<byte> Launch(RandomProgram program, ImageAccess access)
    {
        if (!UnikernelImage.TryParse(program.Image, out UnikernelImage? image, out ImageRefusal? refusal)
            || !GuestMemorySize.TryFromMebibytes(ModelledUnikernel.MemoryBytes >> 20, out GuestMemorySize memory, out refusal))
        {
            throw new InvalidOperationException(refusal.Text);
        }

        var devices = ImmutableArray.CreateBuilder<DeviceAttachment>();
        if (program.HasNet)
        {
            devices.Add(Net(image, ModelledUnikernel.NetHandle));
            devices.Add(Net(image, ModelledUnikernel.OtherNetHandle));
        }

        if (program.HasBlock)
        {
            ManifestEntry entry = image.Manifest.Entries[ModelledUnikernel.BlockHandle];
            devices.Add(new DeviceAttachment.Block(entry, ModelledUnikernel.CapacityBytes));
        }

        var request = new HvtLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = "differential"u8.ToArray(),
            Kvm = new KvmFacts(_kvm.RunSizeBytes, _kvm.Cpuid),
            ImageAccess = access,
            Devices = devices.ToImmutable(),
        };
        return HvtLaunch.TryBuild(request, out HvtLaunch? launch, out refusal)
            ? launch.Executable
            : throw new InvalidOperationException(refusal.Text);
    }

    /// <summary>Runs it to its end; one that hangs is killed.</summary>
    internal SeenRun Run(RandomProgram program, ReadOnlySpan<byte> launcher)
    {
        RandomAccess.SetLength(_disk, _content.Length);
        RandomAccess.Write(_disk, _content, 0);
        using SealedFile image = SealedFile.Of("image", program.Image);
        using SealedFile executable = SealedFile.OfExecutable("guest", launcher);
        using TimerDescriptor timer = TimerDescriptor.Create();
        using SocketPair first = SocketPair.Make(), second = SocketPair.Make();
        first.Send(program.Frames[0]);
        second.Send(program.Frames[1]);
        using (var output = new AnonymousPipeServerStream(PipeDirection.In))
        using (var error = new AnonymousPipeServerStream(PipeDirection.In))
        {
            SafeHandle[] devices =
            [
                .. program.HasNet ? [first.Guest, second.Guest] : (SafeHandle[])[],
                .. program.HasBlock ? [_disk] : (SafeHandle[])[],
            ];
            using ProcessDescriptor process = _spawner.Start(new SpawnRequest
            {
                Executable = executable,
                ProcessName = "guest",
                Descriptors = [_null, output.ClientSafePipeHandle, error.ClientSafePipeHandle, _kvm, image, timer, .. devices],
            });
            using var watchdog = new Timer(_ => process.Signal(9), null, Hang, Timeout.InfiniteTimeSpan);
            output.DisposeLocalCopyOfClientHandle();
            error.DisposeLocalCopyOfClientHandle();
            byte[] printed = ReadAll(output);
            string message = Encoding.ASCII.GetString(ReadAll(error));
            ProcessExit exit = process.Wait();
            var disk = new byte[RandomAccess.GetLength(_disk)];
            RandomAccess.Read(_disk, disk, 0);
            return new SeenRun(exit, printed, message, disk, [first.Drain(), second.Drain()]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disk.Dispose();
        _spawner.Dispose();
        _null.Dispose();
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    private static DeviceAttachment.Net Net(UnikernelImage image, int handle) =>
        new(image.Manifest.Entries[handle], Mac: 0x0200_0000_0000UL | (uint)handle, MtuBytes: 1500);
}
