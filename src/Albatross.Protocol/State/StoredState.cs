using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.State;

/// <summary>
/// What outlives the daemon: the unikernels to start again, image included, and the policies (wire specification, section 11). Start time,
/// process and interfaces are not in it. Both are in the order of the file: depth first, a node before what lies below it, siblings
/// ascending. A path and a label of the same spelling (<c>foo:</c> and <c>:foo</c>) are one node, so only one of them can be stored.
/// </summary>
/// <param name="Unikernels">Each unikernel as it was asked for.</param>
/// <param name="Policies">The policies of paths. The original also keeps one that a file has under a label, so this does too.</param>
/// <example><code>byte[] file = StateCodec.Encode(StoredState.Empty) // A6 06 30 04 30 00 30 00</code></example>
public sealed record StoredState(
    ImmutableSortedDictionary<Name, UnikernelConfig> Unikernels, ImmutableSortedDictionary<Name, ResourcePolicy> Policies)
{
    /// <summary>A daemon's first start.</summary>
    public static readonly StoredState Empty = new(
        ImmutableSortedDictionary<Name, UnikernelConfig>.Empty, ImmutableSortedDictionary<Name, ResourcePolicy>.Empty);
}
