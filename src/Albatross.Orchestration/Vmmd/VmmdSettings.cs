namespace Albatross.Orchestration.Vmmd;

/// <summary>The numbers that the daemon's decisions depend on.</summary>
/// <param name="StopGrace">How long a tender may take to end after SIGTERM before it gets SIGKILL.</param>
/// <param name="MaxPolicies">How many policies may be stored; chains of delegated CAs can add them without end.</param>
/// <param name="FirstRestartDelay">The pause before the second restart in a row; each further one doubles it.</param>
/// <param name="MaxRestartDelay">The longest pause before a restart.</param>
/// <param name="RestartJitter">
/// The part of a pause before a restart, 0 to 1, that is left out at most: how much of it follows from the name, so that unikernels that
/// ended together are not started together, and the pauses of one still grow.
/// </param>
/// <param name="CrashLoopAfter">So many restarts in a row without having settled are a crash loop, which is said.</param>
/// <param name="RegretWindow">
/// A replacement that a signal ends within this span is taken back, and what it replaced is started again.
/// </param>
/// <param name="StoreRetryDelay">The pause before what could not be stored is tried again.</param>
/// <param name="MaxWholeDumpMib">The largest block device that is sent in one answer (the old form of dump), in MiB.</param>
/// <param name="SettledAfter">A unikernel that ran this long counts as sound: its next restart is immediate again.</param>
public sealed record VmmdSettings(
    TimeSpan StopGrace,
    int MaxPolicies,
    TimeSpan FirstRestartDelay,
    TimeSpan MaxRestartDelay,
    double RestartJitter,
    int CrashLoopAfter,
    TimeSpan RegretWindow,
    TimeSpan StoreRetryDelay,
    int MaxWholeDumpMib,
    TimeSpan SettledAfter)
{
    /// <summary>
    /// Ten seconds of grace, 10,000 policies, restarts after 0, 0.25, 0.5, … 30 seconds less up to a quarter, regret for 2 and settled
    /// after 10 seconds.
    /// </summary>
    public static readonly VmmdSettings Default = new(
        StopGrace: TimeSpan.FromSeconds(10),
        MaxPolicies: 10_000,
        FirstRestartDelay: TimeSpan.FromMilliseconds(250),
        MaxRestartDelay: TimeSpan.FromSeconds(30),
        RestartJitter: 0.25,
        CrashLoopAfter: 3,
        RegretWindow: TimeSpan.FromSeconds(2),
        StoreRetryDelay: TimeSpan.FromSeconds(1),
        MaxWholeDumpMib: 32,
        SettledAfter: TimeSpan.FromSeconds(10));
}
