using Albatross.Solo5.Launch;
using static Albatross.Solo5.Launch.FilterRule;

namespace Albatross.Solo5.Spt;

/// <summary>
/// The system calls that an spt unikernel may make (section 5 of the spt ABI description). Pointers are not looked at: there is no memory
/// in the process but the guest's. A transfer to a block device is one block within it, so that no file can grow.
/// </summary>
internal static class SptFilter
{
    private const ulong Realtime = 0, Monotonic = 1, SetFs = 0x1002;

    /// <summary>The rules for a unikernel with this timer and these devices.</summary>
    internal static List<FilterRule> Rules(int timer, ImmutableArray<AttachedDevice> devices)
    {
        List<FilterRule> rules =
        [
            Allow(SystemCallNumber.Write, Is(0, LaunchDescriptors.Output)),
            Allow(SystemCallNumber.ExitGroup),
            Allow(SystemCallNumber.EpollPwait, Is(0, SptDescriptors.Epoll)),
            Allow(SystemCallNumber.TimerfdSettime, Is(0, (ulong)timer)),
            Allow(SystemCallNumber.ClockGettime, Is(0, Monotonic)),
            Allow(SystemCallNumber.ClockGettime, Is(0, Realtime)),
            Allow(SystemCallNumber.ArchPrctl, Is(0, SetFs)),
        ];

        foreach (AttachedDevice device in devices)
        {
            FilterCondition itself = Is(0, (ulong)device.Descriptor);
            if (device.Type == DeviceType.Net)
            {
                rules.Add(Allow(SystemCallNumber.Read, itself));
                rules.Add(Allow(SystemCallNumber.Write, itself));
                continue;
            }

            var sector = (ulong)device.SectorBytes;
            FilterCondition offset = new FilterCondition.AtMost(3, device.CapacityBytes - sector);
            rules.Add(Allow(SystemCallNumber.Pread, itself, Is(2, sector), offset));
            rules.Add(Allow(SystemCallNumber.Pwrite, itself, Is(2, sector), offset));
        }

        return rules;
    }

    private static FilterCondition.Equal Is(int argument, ulong value) => new(argument, value);
}
