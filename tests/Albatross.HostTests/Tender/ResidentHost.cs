using System.Collections.Immutable;
using System.Text;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;

namespace Albatross.HostTests.Tender;

/// <summary>What the daemon holds for one image: sealed file, KVM, spawner.</summary>
internal sealed class ResidentHost : IDisposable
{
    private readonly KvmHost _kvm = KvmHost.Open();
    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);
    private readonly SealedFile _image;
    private readonly byte[] _executable;

    internal ResidentHost(byte[] bytes, ImageAccess access, string commandLine, ImmutableArray<int> cpus = default)
    {
        _image = SealedFile.Of("image", bytes);
        Assert.True(UnikernelImage.TryParse(bytes, out UnikernelImage? image, out _));
        Assert.True(GuestMemorySize.TryFromMebibytes(8, out GuestMemorySize memory, out _));
        var request = new HvtLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = Encoding.UTF8.GetBytes(commandLine),
            Kvm = new KvmFacts(_kvm.RunSizeBytes, _kvm.Cpuid),
            ImageAccess = access,
            Cpus = cpus.IsDefault ? [] : cpus,
        };
        Assert.True(HvtLaunch.TryBuild(request, out HvtLaunch? launch, out ImageRefusal? refusal), refusal?.Text);
        _executable = launch.Executable.ToArray();
    }

    /// <summary>The launcher's bytes, for a test that damages them.</summary>
    internal Span<byte> Executable => _executable;

    /// <summary>Starts one unikernel whose console and messages come out of <paramref name="console"/>.</summary>
    internal ProcessDescriptor Start(out StreamReader console)
    {
        using SealedFile executable = SealedFile.OfExecutable("hvt-guest", _executable);
        using TimerDescriptor timer = TimerDescriptor.Create();
        var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In);
        ProcessDescriptor process = _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = "hvt-guest",
            Descriptors = [_null, pipe.ClientSafePipeHandle, pipe.ClientSafePipeHandle, _kvm, _image, timer],
        });
        pipe.DisposeLocalCopyOfClientHandle();
        console = new StreamReader(pipe);
        return process;
    }

    internal (string Output, ProcessExit Exit) RunToEnd()
    {
        using ProcessDescriptor process = Start(out StreamReader console);
        using (console)
        {
            string output = console.ReadToEnd();
            return (output, process.Wait());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        _spawner.Dispose();
        _null.Dispose();
        _kvm.Dispose();
    }
}
