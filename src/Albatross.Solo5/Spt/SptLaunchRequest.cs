using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Spt;

/// <summary>
/// Everything that a launch of an spt unikernel depends on. Its memory is a size that <see cref="GuestMemorySize"/> gives for spt; whether
/// the host has that much shows at the start. Descriptors are those of <see cref="SptDescriptors"/>.
/// </summary>
public sealed record SptLaunchRequest : LaunchRequest
{
    /// <summary>What the guest may do with its heap and stack.</summary>
    public HeapAccess Heap { get; init; }
}

/// <summary>Protection of an spt guest's memory outside its segments.</summary>
public enum HeapAccess
{
    /// <summary>Nothing there can be executed.</summary>
    ReadWrite,

    /// <summary>Everything there can be executed, for guests that compile at run time.</summary>
    ReadWriteExecute,
}
