using System.Collections.Concurrent;

namespace Albatross.Tests.Blocks;

/// <summary>A clock whose timers fire when the test says so, and never otherwise.</summary>
internal sealed class FiringTimers : TimeProvider
{
    private readonly ConcurrentDictionary<Timer, TimeSpan> _timers = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        _timers[timer] = dueTime;
        return timer;
    }

    /// <summary>Fires all timers that are due after <paramref name="dueTime"/>, as often as it takes until <paramref name="over"/> has ended.</summary>
    public async Task FireUntilAsync(TimeSpan dueTime, Task over)
    {
        while (!over.IsCompleted)
        {
            foreach ((Timer timer, _) in _timers.Where(pair => pair.Value == dueTime))
            {
                timer.Fire();
            }

            await Task.WhenAny(over, Task.Delay(5));
        }
    }

    private sealed class Timer(FiringTimers owner, Action fire) : ITimer
    {
        public void Fire()
        {
            if (owner._timers.TryRemove(this, out _))
            {
                fire();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            owner._timers[this] = dueTime;
            return true;
        }

        public void Dispose() => owner._timers.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
