using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>
/// Waits for many descriptors with one thread (epoll(7)): FIFOs become readable, processes end. Thousands of unikernels
/// cost no thread each. Thread-safe.
/// </summary>
public sealed class Readiness : IDisposable
{
    private const int MaxEventsPerTurn = 64;

    private readonly ConcurrentDictionary<ulong, ReadinessWatch> _watches = new();
    private readonly OwnedDescriptor _epoll;
    private readonly OwnedDescriptor _stop;
    private readonly Thread _thread;
    private ulong _lastId;

    /// <summary>Starts the thread; it ends with <see cref="Dispose"/>.</summary>
    /// <exception cref="LinuxException">No descriptor is left.</exception>
    public Readiness()
    {
        _epoll = new OwnedDescriptor(LinuxException.Check(Libc.EpollCreate(Libc.EpollCloseOnExec), "epoll_create1"));
        _stop = new OwnedDescriptor(LinuxException.Check(Libc.EventFd(0, Libc.EventFdCloseOnExec), "eventfd"));
        Control(Libc.EpollAdd, _stop, Libc.EpollIn, id: 0);
        _thread = new Thread(Turn) { IsBackground = true, Name = "readiness" };
        _thread.Start();
    }

    /// <summary>Begins to watch <paramref name="descriptor"/>, which must stay open until the watch is disposed.</summary>
    public ReadinessWatch Watch(SafeHandle descriptor)
    {
        var watch = new ReadinessWatch(this, descriptor, Interlocked.Increment(ref _lastId));
        _watches[watch.Id] = watch;
        Control(Libc.EpollAdd, descriptor, 0, watch.Id);
        return watch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Libc.WriteEvent(_stop, 1);
        _thread.Join();
        _epoll.Dispose();
        _stop.Dispose();
    }

    internal void Arm(ReadinessWatch watch) => Control(Libc.EpollModify, watch.Descriptor, Libc.EpollIn | Libc.EpollOneShot, watch.Id);

    internal void Remove(ReadinessWatch watch)
    {
        if (_watches.TryRemove(watch.Id, out _))
        {
            Control(Libc.EpollDelete, watch.Descriptor, 0, watch.Id);
        }
    }

    private void Control(int operation, SafeHandle descriptor, uint events, ulong id)
    {
        var wanted = new EpollEvent { Events = events, Data = id };
        LinuxException.Check(Libc.EpollControl(_epoll, operation, descriptor, ref wanted), "epoll_ctl");
    }

    private void Turn()
    {
        Span<EpollEvent> events = stackalloc EpollEvent[MaxEventsPerTurn];
        while (true)
        {
            int count = Libc.EpollWait(_epoll, events, events.Length, -1);
            for (int i = 0; i < count; i++)
            {
                if (events[i].Data == 0)
                {
                    return;
                }

                if (_watches.TryGetValue(events[i].Data, out ReadinessWatch? watch))
                {
                    watch.Complete();
                }
            }
        }
    }
}

/// <summary>One watched descriptor. One waiter at a time.</summary>
public sealed class ReadinessWatch : IDisposable
{
    private readonly Readiness _owner;
    private TaskCompletionSource? _waiter;

    internal ReadinessWatch(Readiness owner, SafeHandle descriptor, ulong id) => (_owner, Descriptor, Id) = (owner, descriptor, id);

    internal SafeHandle Descriptor { get; }

    internal ulong Id { get; }

    /// <summary>Ends when the descriptor can be read without waiting, which includes its end.</summary>
    public async Task ReadableAsync(CancellationToken cancellation)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _waiter, waiter, null) is not null)
        {
            throw new InvalidOperationException("a descriptor has one waiter at a time");
        }

        await using (cancellation.Register(() => waiter.TrySetCanceled(cancellation)).ConfigureAwait(false))
        {
            try
            {
                _owner.Arm(this);
                await waiter.Task.ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref _waiter, null);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Remove(this);

    internal void Complete() => Volatile.Read(ref _waiter)?.TrySetResult();
}
