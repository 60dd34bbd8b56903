using Albatross.Daemon;

namespace Albatross.Tests.Daemon;

/// <summary>What is under way is waited for, and what has ended is not kept.</summary>
public sealed class RunningTasksTests
{
    [Fact]
    public async Task A_task_is_kept_until_it_has_ended_also_when_it_ended_before_it_was_noted()
    {
        var running = new RunningTasks();
        var end = new TaskCompletionSource();
        running.Add(end.Task);
        running.Add(Task.CompletedTask);
        Assert.False(running.WhenAllAsync().IsCompleted);

        end.SetResult();
        await running.WhenAllAsync();

        Assert.True(SpinWait.SpinUntil(() => running.Count == 0, TimeSpan.FromSeconds(10)), $"{running.Count} are kept");
    }

    [Fact]
    public async Task What_one_of_them_throws_is_thrown()
    {
        var running = new RunningTasks();
        var end = new TaskCompletionSource();
        running.Add(end.Task);
        Task all = running.WhenAllAsync();

        end.SetException(new InvalidDataException("a bug"));

        await Assert.ThrowsAsync<InvalidDataException>(() => all);
    }
}
