using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// The pauses before restarts, as they were asked for: each is at least the one before it and at most twice as long, none is longer than
/// the limit, and after a healthy run the first one comes again.
/// </summary>
internal sealed class BackOff
{
    // The jitter is a factor: twice a rounded pause is not the next one to the tick.
    private static readonly TimeSpan Rounding = TimeSpan.FromTicks(2);

    private readonly Dictionary<Name, TimeSpan> _last = [];

    /// <summary>A step was made.</summary>
    public void Check(VmmdState before, VmmdInput input, IEnumerable<VmmdEffect> effects, VmmdState after)
    {
        if (NameOf(input) is { } name)
        {
            Look(name, before, input, after);
        }

        foreach (VmmdEffect.WakeAfter wake in effects.OfType<VmmdEffect.WakeAfter>().Where(wake => wake.For == Alarm.Restart))
        {
            VmmdSettings settings = after.Settings;
            TimeSpan least = _last.GetValueOrDefault(wake.Name, TimeSpan.Zero);
            TimeSpan most = least == TimeSpan.Zero ? settings.FirstRestartDelay : (2 * least) + Rounding;
            bool first = !_last.ContainsKey(wake.Name);
            Require(!first || wake.Delay == TimeSpan.Zero, $"the first pause of {wake.Name} is {wake.Delay}");
            Require(wake.Delay >= least, $"{wake.Name} pauses {wake.Delay} after {least}");
            Require(first || wake.Delay <= most, $"{wake.Name} pauses {wake.Delay} right after {least}");
            bool grows = first || wake.Delay > least || wake.Delay >= settings.MaxRestartDelay * (1 - settings.RestartJitter);
            Require(grows, $"the pauses of {wake.Name} stay at {least}");
            Require(wake.Delay <= settings.MaxRestartDelay, $"{wake.Name} pauses {wake.Delay}, longer than the limit");
            _last[wake.Name] = wake.Delay;
        }
    }

    /// <summary>The daemon was killed: the next one knows of the pauses of those only that it takes over.</summary>
    public void Crash(ImmutableHashSet<Name> takenOver)
    {
        foreach (Name name in _last.Keys.Where(name => !takenOver.Contains(name)).ToList())
        {
            _last.Remove(name);
        }
    }

    // Another unikernel of the name, or a healthy run, begins anew.
    private void Look(Name name, VmmdState before, VmmdInput input, VmmdState after)
    {
        Unikernel? was = before.Unikernels.GetValueOrDefault(name), isNow = after.Unikernels.GetValueOrDefault(name);
        bool isHealthy = input is VmmdInput.TenderExited exited && was?.Process is { } process
            && exited.At - process.Since >= before.Settings.SettledAfter;
        if (was is not { Creator: null, OnTrial: false } || isNow is not { Creator: null } || isHealthy)
        {
            _last.Remove(name);
        }
    }

    private static Name? NameOf(VmmdInput input) => input switch
    {
        VmmdInput.CommandReceived received => received.From.Header.Name,
        VmmdInput.ImagePrepared prepared => prepared.Name,
        VmmdInput.ImageRefused refused => refused.Name,
        VmmdInput.DevicesFailed failed => failed.Name,
        VmmdInput.ConsoleOpened opened => opened.Name,
        VmmdInput.ConsoleFailed failed => failed.Name,
        VmmdInput.TenderStarted started => started.Name,
        VmmdInput.TenderFailed failed => failed.Name,
        VmmdInput.TenderExited exited => exited.Name,
        VmmdInput.TimerFired fired => fired.Name,
        _ => null,
    };
}
