namespace Albatross.Tests.Tls;

/// <summary>The time of day stands still, so that certificates never expire under a test; timers and durations are real.</summary>
internal sealed class ClockAt(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
