namespace Albatross.Solo5.Launch;

/// <summary>
/// Which descriptor is what when the launcher of an hvt unikernel starts. Whoever executes it puts them there, or says in the request
/// where they are; the launcher closes everything beyond. The image is closed before the virtual machine is made, so the machine gets
/// number 4 and the vCPU the first number behind the devices; the table checks both.
/// </summary>
public static class LaunchDescriptors
{
    /// <summary>Unused by the guest: /dev/null under the daemon.</summary>
    public const int Input = 0;

    /// <summary>The guest's console.</summary>
    public const int Output = 1;

    /// <summary>The tender's own messages.</summary>
    public const int Error = 2;

    /// <summary>/dev/kvm, opened for reading and writing.</summary>
    public const int Kvm = 3;

    /// <summary>The image: an immutable file (sealed memfd) if it is shared, any file if it is copied.</summary>
    public const int Image = 4;

    /// <summary>A timerfd on the monotonic clock, non-blocking.</summary>
    public const int Timer = 5;

    /// <summary>Where attached devices begin. Behind them stands the empty directory of <see cref="Confinement.HasEmptyRoot"/>.</summary>
    public const int FirstDevice = 6;

    internal const int VirtualMachine = Image;
}
