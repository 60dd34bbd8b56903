using System.Collections.Concurrent;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Starts tenders, without any tender program: builds the launch of an image as a value and executes it from one dedicated thread.
/// Keeps a descriptor of each until it has ended.
/// </summary>
internal sealed class TenderLauncher : IDisposable
{
    private const string ProcessName = "albatross-hvt";

    private readonly ImageStore _images;
    private readonly TenderRecords _records;
    private readonly Readiness _readiness;
    private readonly ConcurrentDictionary<(Name Name, long Incarnation), ProcessDescriptor> _running = new();
    private readonly BlockingCollection<Action> _jobs = [];
    private readonly Thread _thread;
    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);
    private readonly Lazy<KvmHost> _kvm = new(KvmHost.Open, LazyThreadSafetyMode.PublicationOnly);

    public TenderLauncher(ImageStore images, TenderRecords records, Readiness readiness)
    {
        (_images, _records, _readiness) = (images, records, readiness);
        _thread = new Thread(Work) { IsBackground = true, Name = "spawner" };
        _thread.Start();
    }

    /// <summary>Whether an image can be launched at all with this much memory; null when it can.</summary>
    public static ImageRefusal? RefuseLaunch(UnikernelImage image, long memoryMib)
    {
        if (!GuestMemorySize.TryFromMebibytes((ulong)memoryMib, out GuestMemorySize memory, out ImageRefusal? refusal))
        {
            return refusal;
        }

        HvtLaunch.TryBuild(RequestOf(image, memory, default, new KvmFacts(Environment.SystemPageSize, default)), out _, out refusal);
        return refusal;
    }

    /// <summary>Starts a tender that writes to <paramref name="console"/>: its process, and a task that ends with it.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    public async Task<(int ProcessId, Task<ExitStatus> Exit)> StartAsync(Name name, long incarnation, TenderStart start, Fifo console)
    {
        var started = new TaskCompletionSource<ProcessDescriptor>(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Add(() =>
        {
            try
            {
                started.SetResult(Start(start, console));
            }
            catch (Exception e)
            {
                started.SetException(e);   // thrown where it is awaited
            }
        });
        ProcessDescriptor process = await started.Task.ConfigureAwait(false);
        _running[(name, incarnation)] = process;
        _records.Write(name, process.ProcessId);
        return (process.ProcessId, WaitAsync(name, incarnation, process));
    }

    /// <summary>Sends a signal; a tender that has ended is ignored.</summary>
    public void Signal(Name name, long incarnation, TenderSignal signal)
    {
        if (_running.TryGetValue((name, incarnation), out ProcessDescriptor? process))
        {
            process.Signal((int)signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
        _jobs.Dispose();
        _null.Dispose();
        _spawner.Dispose();
        if (_kvm.IsValueCreated)
        {
            _kvm.Value.Dispose();
        }
    }

    private void Work()
    {
        foreach (Action job in _jobs.GetConsumingEnumerable())
        {
            job();
        }
    }

    private ProcessDescriptor Start(TenderStart start, Fifo console)
    {
        KvmHost kvm = OpenKvm();
        (UnikernelImage image, SealedFile file) = _images[start.Image];
        if (!GuestMemorySize.TryFromMebibytes((ulong)start.MemoryMib, out GuestMemorySize memory, out ImageRefusal? refusal)
            || !HvtLaunch.TryBuild(
                RequestOf(image, memory, start.CommandLine, new KvmFacts(kvm.RunSizeBytes, kvm.Cpuid)) with
                {
                    Cpus = [.. start.CpuIds.Select(cpu => (int)cpu)],
                },
                out HvtLaunch? launch,
                out refusal))
        {
            throw new IOException(refusal.Text);
        }

        using SealedFile executable = SealedFile.OfExecutable(ProcessName, launch.Executable.Span);
        using TimerDescriptor timer = TimerDescriptor.Create();
        return _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = ProcessName,
            Descriptors = [_null, console, console, kvm, file, timer],   // LaunchDescriptors
        });
    }

    private KvmHost OpenKvm()
    {
        try
        {
            return _kvm.Value;
        }
        catch (PlatformNotSupportedException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private async Task<ExitStatus> WaitAsync(Name name, long incarnation, ProcessDescriptor process)
    {
        using (process)
        {
            using (ReadinessWatch watch = _readiness.Watch(process))
            {
                await watch.ReadableAsync(CancellationToken.None).ConfigureAwait(false);
            }

            ProcessExit exit = process.Wait();
            _running.TryRemove((name, incarnation), out _);
            _records.Remove(name);
            return exit.Kind == ProcessExitKind.Exited ? new ExitStatus.Exited(exit.Number) : new ExitStatus.Signalled(exit.Number);
        }
    }

    private static HvtLaunchRequest RequestOf(
        UnikernelImage image, GuestMemorySize memory, ReadOnlyMemory<byte> commandLine, KvmFacts kvm) =>
        new() { Image = image, Memory = memory, CommandLine = commandLine, Kvm = kvm, ImageAccess = ImageAccess.Share };
}
