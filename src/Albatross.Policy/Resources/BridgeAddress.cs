using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Resources;

/// <summary>An Ethernet address on a bridge. A bridge delivers by address: who has another's gets its frames.</summary>
/// <param name="Bridge">A bridge of the host.</param>
/// <param name="Mac">The address.</param>
public readonly record struct BridgeAddress(RawText Bridge, MacAddress Mac) : IComparable<BridgeAddress>
{
    /// <summary>The address of <paramref name="net"/>, an interface of the unikernel <paramref name="name"/>.</summary>
    public static BridgeAddress Of(Name name, NetAttachment net) => new(net.HostBridge, MacOf(name, net));

    /// <summary>The Ethernet address of an interface: the one that was asked for, else the derived one.</summary>
    public static MacAddress MacOf(Name name, NetAttachment net) =>
        net.Mac is { Value: not 0 } given ? given : BridgeMac.Of(net.Name, name);

    /// <summary>That nobody else can have it.</summary>
    public Refusal RefuseSecond() =>
        new(RefusalCode.AlreadyExists, $"the address {Mac} is in use on bridge {Bridge}: give another one");

    /// <inheritdoc/>
    public int CompareTo(BridgeAddress other) =>
        Bridge.CompareTo(other.Bridge) is not 0 and var order ? order : Mac.Value.CompareTo(other.Mac.Value);

    /// <summary>As <see cref="CompareTo"/>.</summary>
    public static bool operator <(BridgeAddress left, BridgeAddress right) => left.CompareTo(right) < 0;

    /// <summary>As <see cref="CompareTo"/>.</summary>
    public static bool operator >(BridgeAddress left, BridgeAddress right) => left.CompareTo(right) > 0;

    /// <summary>As <see cref="CompareTo"/>.</summary>
    public static bool operator <=(BridgeAddress left, BridgeAddress right) => left.CompareTo(right) <= 0;

    /// <summary>As <see cref="CompareTo"/>.</summary>
    public static bool operator >=(BridgeAddress left, BridgeAddress right) => left.CompareTo(right) >= 0;
}
