using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Exit, behaviour and history to "start again, when?" (semantics, section 6).</summary>
public static class RestartDecision
{
    /// <summary>The exit code of a unikernel that does not know <c>--name</c>: it is started once more without.</summary>
    public const int UnknownArgument = 64;

    /// <summary>The exit codes that are never restarted: the tender's own errors and MirageOS' argument errors.</summary>
    private static readonly ValueSet<long> Excluded = new([1, 60, 61, 62, 63, 64]);

    /// <summary>How the unikernel is started again after <paramref name="status"/>; null when it stays down.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="status">How its tender ended.</param>
    public static UnikernelSettings? SettingsOfNext(UnikernelSettings settings, ExitStatus status)
    {
        if (status is ExitStatus.Unknown)
        {
            return settings;   // it is wanted, and nobody can say that it wanted to end
        }

        if (status is not ExitStatus.Exited { Code: int code })
        {
            return null;
        }

        if (code == UnknownArgument && settings.AddName)
        {
            return settings with { AddName = false };
        }

        return settings.FailBehaviour is FailBehaviour.Restart restart && !Excluded.Contains(code)
            && (restart.ExitCodes.Count == 0 || restart.ExitCodes.Contains(code)) ? settings : null;
    }

    /// <summary>The pause before a restart: none for the first, then doubling up to a limit, less the jitter of the name.</summary>
    /// <param name="settings">First and longest pause, and the jitter.</param>
    /// <param name="name">Whose restart it is.</param>
    /// <param name="quickRestarts">Restarts in a row before this one.</param>
    public static TimeSpan Delay(VmmdSettings settings, Name name, int quickRestarts) => quickRestarts == 0
        ? TimeSpan.Zero
        : TimeSpan.FromTicks(Math.Min(settings.MaxRestartDelay.Ticks, settings.FirstRestartDelay.Ticks << Math.Min(quickRestarts - 1, 20)))
            * (1 - (settings.RestartJitter * PartOf(name)));

    // From 0 to 1, spread evenly over names: the FNV-1a hash of the text (Fowler, Noll, Vo; 32 bits).
    private static double PartOf(Name name)
    {
        uint hash = 2166136261;
        foreach (char character in name.ToString())
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash / (double)uint.MaxValue;
    }
}
