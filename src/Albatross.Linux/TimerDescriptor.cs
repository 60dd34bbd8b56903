namespace Albatross.Linux;

/// <summary>A timer that becomes readable when it expires (timerfd_create(2)), on the monotonic clock, not armed, non-blocking.</summary>
public sealed class TimerDescriptor : OwnedDescriptor
{
    private const int MonotonicClock = 1;

    private TimerDescriptor(int descriptor)
        : base(descriptor) { }

    /// <summary>A new timer.</summary>
    /// <exception cref="LinuxException">No descriptor is left.</exception>
    public static TimerDescriptor Create() => new(
        LinuxException.Check(Libc.CreateTimer(MonotonicClock, Libc.OpenNonBlocking | Libc.OpenCloseOnExec), "timerfd_create"));
}
