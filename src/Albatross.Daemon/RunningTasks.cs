using System.Collections.Concurrent;

namespace Albatross.Daemon;

/// <summary>What is under way, so that whoever ends can wait for it. Nothing is kept of a task that has ended.</summary>
internal sealed class RunningTasks
{
    private readonly ConcurrentDictionary<long, Task> _tasks = new();
    private long _lastId;

    /// <summary>How many are under way.</summary>
    public int Count => _tasks.Count;

    /// <summary>Notes <paramref name="task"/> until it has ended.</summary>
    public void Add(Task task)
    {
        long id = Interlocked.Increment(ref _lastId);
        _tasks[id] = task;
        _ = task.ContinueWith(_ => _tasks.TryRemove(id, out Task? _), TaskScheduler.Default);   // after it was noted, however soon it ended
    }

    /// <summary>Ends when all have; throws what one of them threw.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_tasks.Values);
}
