using System.Collections.Immutable;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Spt;

namespace Albatross.HostTests.Tender;

/// <summary>
/// One image of either target, ready to be started any number of times by this process, as the daemon does it: descriptors in the order of
/// LaunchDescriptors and SptDescriptors, the device behind them. Safe for several threads at once.
/// </summary>
internal sealed class ResidentUnikernel : IDisposable
{
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);
    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly SealedFile _image;
    private readonly KvmHost? _kvm;
    private readonly BlockDevice? _disk;
    private readonly byte[] _launcher;

    /// <param name="target">What the image was built for; hvt needs KVM.</param>
    /// <param name="bytes">The image.</param>
    /// <param name="access">Mapped or copied.</param>
    /// <param name="mebibytes">Its memory.</param>
    /// <param name="disk">What stands behind its only device, with sectors of 4096 bytes; it stays the caller's.</param>
    internal ResidentUnikernel(
        GuestTarget target, byte[] bytes, ImageAccess access = ImageAccess.Share, ulong mebibytes = 2, BlockDevice? disk = null)
    {
        _kvm = target == GuestTarget.Hvt ? KvmHost.Open() : null;
        _disk = disk;
        _image = SealedFile.Of("image", bytes);
        Assert.True(UnikernelImage.TryParse(bytes, out UnikernelImage? image, out ImageRefusal? refusal), refusal?.Text);
        Assert.True(GuestMemorySize.TryFromMebibytes(mebibytes, image.Abi.Target, out GuestMemorySize memory, out refusal), refusal?.Text);
        ImmutableArray<DeviceAttachment> devices =
            disk is null ? [] : [new DeviceAttachment.Block(image.Manifest.Entries[1], disk.CapacityBytes, 4096)];
        _launcher = _kvm is null ? Spt(image, memory, access, devices) : Hvt(image, memory, access, devices, _kvm);
    }

    /// <summary>Starts one.</summary>
    internal RunningUnikernel Start()
    {
        using SealedFile executable = SealedFile.OfExecutable("guest", _launcher);
        using TimerDescriptor? timer = _kvm is null ? null : TimerDescriptor.Create();
        var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        SafeHandle[] own = _kvm is null ? [_image] : [_kvm, _image, timer!], disk = _disk is null ? [] : [_disk];
        ProcessDescriptor process = _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = "guest",
            Descriptors = [_null, pipe.ClientSafePipeHandle, pipe.ClientSafePipeHandle, .. own, .. disk],
        });
        pipe.DisposeLocalCopyOfClientHandle();
        return new RunningUnikernel(process, new StreamReader(pipe, Encoding.Latin1));
    }

    /// <summary>Starts one and waits for its end; what it printed, its messages among it, and how it ended.</summary>
    internal (string Output, ProcessExit Exit) RunToEnd()
    {
        using RunningUnikernel running = Start();
        return (running.Console.ReadToEnd(), running.Wait());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        _kvm?.Dispose();
        _null.Dispose();
        _spawner.Dispose();
    }

    private static byte[] Spt(UnikernelImage image, GuestMemorySize memory, ImageAccess access, ImmutableArray<DeviceAttachment> devices)
    {
        var request = new SptLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = default,
            ImageAccess = access,
            Devices = devices,
        };
        Assert.True(SptLaunch.TryBuild(request, out SptLaunch? launch, out ImageRefusal? refusal), refusal?.Text);
        return launch.Executable.ToArray();
    }

    private static byte[] Hvt(
        UnikernelImage image, GuestMemorySize memory, ImageAccess access, ImmutableArray<DeviceAttachment> devices, KvmHost kvm)
    {
        var request = new HvtLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = default,
            Kvm = new KvmFacts(kvm.RunSizeBytes, kvm.Cpuid),
            ImageAccess = access,
            Devices = devices,
        };
        Assert.True(HvtLaunch.TryBuild(request, out HvtLaunch? launch, out ImageRefusal? refusal), refusal?.Text);
        return launch.Executable.ToArray();
    }
}

/// <summary>A started unikernel; it is killed with this object if it still runs.</summary>
internal sealed class RunningUnikernel(ProcessDescriptor process, StreamReader console) : IDisposable
{
    private ProcessExit? _exit;

    internal int ProcessId => process.ProcessId;

    internal StreamReader Console => console;

    /// <summary>How it ended, once it did.</summary>
    internal ProcessExit Wait() => _exit ??= process.Wait();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_exit is null)
        {
            process.Signal(9);
            Wait();
        }

        console.Dispose();
        process.Dispose();
    }
}
