using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Starts tenders from one dedicated thread: our own without any tender program, by building the launch of an image as a value and
/// executing it, an installed one by its command line. Keeps a descriptor of each until it has ended.
/// </summary>
internal sealed class TenderLauncher : IDisposable
{
    private const string HvtProcess = "albatross-hvt";
    private const string SptProcess = "albatross-spt";

    // The console, which also tells the next daemon whose it is.
    private const int ConsoleDescriptor = 1;

    // How long the parent of an adopted tender, which is the host's first process, may take to collect its status.
    private static readonly TimeSpan StatusDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StatusPause = TimeSpan.FromMilliseconds(20);

    // Descriptor 3 of an installed tender is the image, which has no name of its own.
    private const string ImageOfInstalled = "/proc/self/fd/3";

    private readonly HostTenders _tenders;
    private readonly HostDevices _devices;
    private readonly ImageStore _images;
    private readonly TenderRecords _records;
    private readonly Readiness _readiness;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(Name Name, long Incarnation), ProcessDescriptor> _running = new();
    private readonly BlockingCollection<Action> _jobs = [];
    private readonly Thread _thread;
    private readonly DeviceFile _null = DeviceFile.OpenNull();
    private readonly Spawner _spawner = new(LauncherCode.SpawnStub);

    public TenderLauncher(
        HostTenders tenders, HostDevices devices, ImageStore images, TenderRecords records, Readiness readiness, TimeProvider time)
    {
        (_tenders, _devices, _images, _records, _readiness, _time) = (tenders, devices, images, records, readiness, time);
        _thread = new Thread(Work) { IsBackground = true, Name = "spawner" };
        _thread.Start();
    }

    /// <summary>
    /// Starts a tender that writes to <paramref name="console"/>, with the devices that are attached for it: its process, when it was
    /// started, and a task that ends with it.
    /// </summary>
    /// <exception cref="IOException">The host said no.</exception>
    public async Task<(int ProcessId, DateTimeOffset Since, Task<ExitStatus> Exit)> StartAsync(VmmdEffect.StartTender order, Fifo console)
    {
        DateTimeOffset since = _time.GetUtcNow();
        var started = new TaskCompletionSource<ProcessDescriptor>(TaskCreationOptions.RunContinuationsAsynchronously);
        _jobs.Add(() =>
        {
            try
            {
                started.SetResult(StartNoted(order, since, console));
            }
            catch (Exception e)
            {
                started.SetException(e);   // thrown where it is awaited
            }
        });
        ProcessDescriptor process = await started.Task.ConfigureAwait(false);
        _running[(order.Name, order.Incarnation)] = process;
        return (process.ProcessId, since, WaitAsync(order.Name, order.Incarnation, process, isChild: true));
    }

    /// <summary>Takes over a tender that an earlier daemon started: a task that ends with it.</summary>
    public Task<ExitStatus> Adopt(LeftTender left)
    {
        (Name name, long incarnation) = (left.Found.Name, left.Found.Incarnation);
        _running[(name, incarnation)] = left.Process;
        return WaitAsync(name, incarnation, left.Process, isChild: false);
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
    }

    private void Work()
    {
        foreach (Action job in _jobs.GetConsumingEnumerable())
        {
            job();
        }
    }

    // However the daemon ends in here: the next one finds the record, and then the process by the record or by the lock of its console.
    // The child inherits the open file with our exclusive lock, so that there is no moment without one, and makes it its own before it
    // executes.
    private ProcessDescriptor StartNoted(VmmdEffect.StartTender order, DateTimeOffset since, Fifo console)
    {
        TenderRecord record = _records.Announce(order.Name, order.Incarnation, since, order.Origin);
        try
        {
            if (!FileLocks.TryTake(console, exclusively: true))
            {
                throw new IOException("somebody else has locked the FIFO of its console");
            }

            ProcessDescriptor process = Start(order.Name, order.Incarnation, order.Start, console);
            Confirm(record, process);
            return process;
        }
        catch
        {
            _records.Remove(order.Name);
            throw;
        }
    }

    private void Confirm(TenderRecord record, ProcessDescriptor process)
    {
        try
        {
            _records.Confirm(record, process.ProcessId);
        }
        catch (IOException)
        {
            // The announcement is there, and the lock tells the process.
        }
    }

    private ProcessDescriptor Start(Name name, long incarnation, TenderStart start, Fifo console)
    {
        (UnikernelImage image, StoredFile file) = _images[start.Image];
        HeldDevices devices = _devices.Of(name, incarnation);
        if (_tenders.Installed(image.Abi.Target) is { } program)
        {
            _devices.KeepTaps(name, incarnation);
            return StartInstalled(program, start, devices, file, console);
        }

        ProcessDescriptor process = StartOwn(image, incarnation, start, devices, file, console);
        _devices.HandOver(name, incarnation);
        return process;
    }

    private ProcessDescriptor StartOwn(
        UnikernelImage image, long incarnation, TenderStart start, HeldDevices devices, StoredFile file, Fifo console)
    {
        bool needsKvm = image.Abi.Target == AbiTarget.Hvt;
        KvmFacts facts = needsKvm ? new KvmFacts(_tenders.Kvm.RunSizeBytes, _tenders.Kvm.Cpuid) : new KvmFacts(0, default);
        var launch = new OwnLaunch(
            image,
            start.MemoryMib,
            start.CommandLine,
            [.. start.CpuIds.Select(cpu => (int)cpu)],
            devices.Attachments(image.Manifest),
            facts,
            _tenders.Sandbox.ConfinementOf(UnikernelUser.OfStart(incarnation)),
            _images.Access);
        if (!launch.TryBuild(out ReadOnlyMemory<byte> bytes, out ImageRefusal? refusal))
        {
            throw new IOException(refusal.Text);
        }

        string processName = needsKvm ? HvtProcess : SptProcess;
        using SealedFile executable = SealedFile.OfExecutable(processName, bytes.Span);
        using TimerDescriptor? timer = needsKvm ? TimerDescriptor.Create() : null;

        // LaunchDescriptors and SptDescriptors; those of the sandbox stand behind the devices.
        ImmutableArray<SafeHandle> own = timer is not null ? [_tenders.Kvm, file, timer] : [file];
        return _spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = processName,
            Descriptors = [_null, console, console, .. own, .. devices.Descriptors, .. _tenders.Sandbox.Descriptors],
            LockedDescriptor = ConsoleDescriptor,
        });
    }

    // It is bound to its CPUs by inheriting them from this thread.
    private ProcessDescriptor StartInstalled(string program, TenderStart start, HeldDevices devices, StoredFile file, Fifo console)
    {
        var arguments = InstalledTender.Arguments(
            start,
            devices.Nets.Select(net => (net.Order, net.Tap.Name)),
            devices.Blocks.Select(block => (block.Order, block.Path)),
            ImageOfInstalled);
        using var bound = new CpuAffinity(start.CpuIds.Select(cpu => (int)cpu));
        return _spawner.Start(new SpawnRequest
        {
            ProgramPath = program,
            ProcessName = program,
            Arguments = arguments,
            Descriptors = [_null, console, console, file],
            LockedDescriptor = ConsoleDescriptor,
        });
    }

    private async Task<ExitStatus> WaitAsync(Name name, long incarnation, ProcessDescriptor process, bool isChild)
    {
        using (process)
        {
            using (ReadinessWatch watch = _readiness.Watch(process))
            {
                await watch.ReadableAsync(CancellationToken.None).ConfigureAwait(false);
            }

            ProcessExit? exit = isChild ? process.Wait() : await ExitOfOtherAsync(process).ConfigureAwait(false);
            _running.TryRemove((name, incarnation), out _);
            _records.Remove(name);
            return exit switch
            {
                null => new ExitStatus.Unknown(),
                { Kind: ProcessExitKind.Exited } exited => new ExitStatus.Exited(exited.Number),
                { } killed => new ExitStatus.Signalled(killed.Number),
            };
        }
    }

    // The kernel tells it once the process's parent has taken it.
    private async Task<ProcessExit?> ExitOfOtherAsync(ProcessDescriptor process)
    {
        long began = _time.GetTimestamp();
        ProcessExit? exit = process.ExitOfOther();
        while (exit is null && _time.GetElapsedTime(began) < StatusDeadline)
        {
            await Task.Delay(StatusPause, _time).ConfigureAwait(false);
            exit = process.ExitOfOther();
        }

        return exit;
    }
}
