using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The policy commands. The name is a path; a label in it is ignored, as by the original.</summary>
public static partial class VmmdStep
{
    private static void AddPolicy(Turn turn, Requester from, ResourcePolicy policy) =>
        AddPolicies(turn, from, [new Entry<ResourcePolicy>(from.Header.Name, policy)]);

    // All or none: each is compared with the tree in which all of them are.
    private static void AddPolicies(Turn turn, Requester from, ImmutableArray<Entry<ResourcePolicy>> added)
    {
        ResourceTree resources = added.Aggregate(
            turn.State.Resources, (tree, entry) => tree.WithPolicy(entry.Name.Path, entry.Value));
        ImmutableArray<Entry<ResourcePolicy>> changed =
            [.. added.Where(entry => turn.State.Resources.Policies.GetValueOrDefault(entry.Name.Path) != entry.Value)];
        if (changed.IsEmpty)
        {
            turn.Answer(from, Reply.Success.Of("no modification of policy"), Connection.KeepOpen);
            return;
        }

        if (RefusePolicies(turn.State, resources, added, changed) is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        foreach (Entry<ResourcePolicy> entry in changed)
        {
            if (entry.Value.BeyondHost(turn.State.Host) is { } beyond)
            {
                turn.Do(new VmmdEffect.Report(new Name(entry.Name.Path, null), beyond));
            }
        }

        turn.State = turn.State with { Resources = resources };
        turn.Answer(from, Reply.Success.Of("added policy"), Connection.KeepOpen);
    }

    // Where several come at once, the refusal says which of them it is about, also when it is the only one that is new.
    private static Refusal? RefusePolicies(
        VmmdState state,
        ResourceTree resources,
        ImmutableArray<Entry<ResourcePolicy>> added,
        ImmutableArray<Entry<ResourcePolicy>> changed)
    {
        int max = state.Settings.MaxPolicies;
        if (resources.Policies.Count > Math.Max(max, state.Resources.Policies.Count))
        {
            return new Refusal(RefusalCode.TooLarge, $"{max} policies are stored, no more are taken: remove unused ones");
        }

        foreach (Entry<ResourcePolicy> entry in changed.Reverse())   // the one that is too large is named, not the one that it is above
        {
            Refusal? beyond = entry.Name.Path.IsRoot ? entry.Value.WithinParent(state.Host) : null;
            if ((beyond ?? resources.RefusePolicy(entry.Name.Path, entry.Value)) is { } refusal)
            {
                return added.Length == 1
                    ? refusal
                    : refusal with { Text = $"host [unikernel: {new Name(entry.Name.Path, null)}]: command failed {refusal.Text}" };
            }
        }

        return null;
    }

    // A root policy that the operator has set stays. What runs with more than there is now goes on.
    private static void HostChanged(Turn turn, ResourcePolicy host)
    {
        ResourceTree resources = turn.State.Resources;
        turn.State = turn.State with
        {
            Host = host,
            Resources = resources.Policies[NamePath.Root] == turn.State.Host ? resources.WithPolicy(NamePath.Root, host) : resources,
        };
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
