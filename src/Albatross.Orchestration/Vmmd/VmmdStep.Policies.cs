using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The policy commands. The name is a path; a label in it is ignored, as by the original.</summary>
public static partial class VmmdStep
{
    private static void AddPolicy(Turn turn, Requester from, ResourcePolicy policy)
    {
        NamePath path = from.Header.Name.Path;
        ResourceTree resources = turn.State.Resources;
        if (resources.Policies.TryGetValue(path, out ResourcePolicy? stored) && stored == policy)
        {
            turn.Answer(from, Reply.Success.Of("no modification of policy"), Connection.KeepOpen);
            return;
        }

        if (RefusePolicy(turn.State, path, policy, stored) is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        turn.State = turn.State with { Resources = resources.WithPolicy(path, policy) };
        turn.Answer(from, Reply.Success.Of("added policy"), Connection.KeepOpen);
    }

    private static Refusal? RefusePolicy(VmmdState state, NamePath path, ResourcePolicy policy, ResourcePolicy? stored)
    {
        int max = state.Settings.MaxPolicies;
        return stored is null && state.Resources.Policies.Count >= max
            ? new Refusal(RefusalCode.TooLarge, $"{max} policies are stored, no more are taken: remove unused ones")
            : state.Resources.RefusePolicy(path, policy);
    }

    // What runs below goes on, and the policies below stay: each is bounded by the nearest one above.
    private static void RemovePolicy(Turn turn, Requester from)
    {
        NamePath path = from.Header.Name.Path;
        if (path.IsRoot)
        {
            turn.Refuse(from, new Refusal(
                RefusalCode.NotAllowedByPolicy, "the root policy is what the host has: it cannot be removed"));
        }
        else if (!turn.State.Resources.Policies.ContainsKey(path))
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotFound, "unknown policy"));
        }
        else
        {
            turn.State = turn.State with { Resources = turn.State.Resources.WithoutPolicy(path) };
            turn.Answer(from, Reply.Success.Of("removed policy"));
        }
    }

    private static void PolicyInfo(Turn turn, Requester from)
    {
        NamePath asked = from.Header.Name.Path;
        var entries = turn.State.Resources.Policies
            .Where(entry => entry.Key.IsAtOrBelow(asked))
            .OrderBy(entry => entry.Key, ReplyOrder.Instance)
            .Select(entry => new Entry<ResourcePolicy>(new Name(entry.Key.RelativeTo(asked), null), entry.Value));
        turn.Answer(from, new Reply.Policies([.. entries]));
    }
}
