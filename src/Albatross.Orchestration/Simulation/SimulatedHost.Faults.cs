using Albatross.Orchestration.Vmmd;
using Albatross.Policy;

namespace Albatross.Orchestration.Simulation;

/// <summary>What goes wrong: an effect fails, is slow, or is cut by the end of the daemon.</summary>
internal sealed partial class SimulatedHost
{
    // Beyond the regret window, the grace before SIGKILL, and the longest pause before a restart.
    private static readonly int[] SlowSeconds = [1, 4, 15, 45];

    private readonly List<(DateTimeOffset Due, VmmdEffect Effect)> _slow = [];

    /// <summary>The daemon is being killed, while the effect that was to happen next has happened or has not.</summary>
    public bool IsCrashing { get; private set; }

    /// <summary>Whether effects may be cut by the end of the daemon from now on.</summary>
    public bool MayCut { get; set; } = true;

    /// <summary>How the next effect that can fail ends, whatever the chances; for tests of this host.</summary>
    public Errno? NextNo { get; set; }

    private IEnumerable<VmmdEffect> UnderWay => _slow.Count == 0 ? _underWay : _underWay.Concat(_slow.Select(slow => slow.Effect));

    private bool Happens(int inThousand) => inThousand > 0 && random.Next(1000) < inThousand;

    private void Count(VmmdEffect effect, string fault) => figures.CountFault(effect.GetType().Name, fault);

    // The outcome of an effect that is due; null when it is slow or the daemon dies over it.
    private VmmdInput? Conclude(VmmdEffect effect, bool wasSlow)
    {
        if (!wasSlow && Happens(chances.Slow))
        {
            Count(effect, "slow");
            _slow.Add((Now + TimeSpan.FromSeconds(random.Pick<int>(SlowSeconds)) + TimeSpan.FromMilliseconds(random.Next(1000)), effect));
            return null;
        }

        if (MayCut && Happens(chances.Cut))
        {
            IsCrashing = true;
            CutBy(effect);
            return null;
        }

        return SomeNo(effect) is { } refusal ? Failed(effect, refusal) : Done(effect);
    }

    private Refusal? SomeNo(VmmdEffect effect)
    {
        if (NextNo is { } forced)
        {
            NextNo = null;
            return No(Errnos.WordsOf(forced));
        }

        if (IsGivenUp(effect))
        {
            return No("given up");
        }

        if (!Happens(chances.No))
        {
            return null;
        }

        // An image can also be bad by itself, which no errno tells.
        if (effect is VmmdEffect.PrepareImage or VmmdEffect.CheckImage && random.OneIn(3))
        {
            Count(effect, "bad image");
            return new Refusal(RefusalCode.InvalidImage, "bad image");
        }

        Errno errno = random.Pick(Errnos.Of(effect));
        Count(effect, errno.ToString());
        return No(Errnos.WordsOf(errno));
    }

    // Before: nothing of it is on the host. After: all of it is, and the daemon never heard.
    private void CutBy(VmmdEffect effect)
    {
        bool happened = random.OneIn(2);
        Count(effect, happened ? "cut after" : "cut before");
        if (happened)
        {
            Done(effect);
        }
    }

    private static Refusal No(string text) => new(RefusalCode.HostFailure, text);
}
