using Albatross.Solo5.Launch;
using static Albatross.Solo5.Launch.FilterRule;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// The system calls of a running unikernel: nine, with every descriptor and every fixed pointer pinned. Buffers have to lie in guest memory
/// (the high half of their address is 1, see <see cref="ProcessLayout"/>), offsets and lengths within the block device's capacity.
/// </summary>
internal static class HvtFilter
{
    /// <summary>The rules for a unikernel with this vCPU descriptor and these devices.</summary>
    internal static List<FilterRule> Rules(int vcpu, ImmutableArray<AttachedDevice> devices)
    {
        FilterCondition inGuest = new FilterCondition.HighHalf(1, (uint)(ProcessLayout.Guest >> 32));
        List<FilterRule> rules =
        [
            Allow(SystemCallNumber.Ioctl, Is(0, (ulong)vcpu), Is(1, KvmRequest.Run)),
            Allow(SystemCallNumber.Ioctl, Is(0, (ulong)vcpu), Is(1, KvmRequest.GetRegisters), Is(2, ScratchLayout.Registers)),
            Allow(SystemCallNumber.Write, Is(0, LaunchDescriptors.Output), inGuest),
            Allow(SystemCallNumber.Write, Is(0, LaunchDescriptors.Error), Is(1, ScratchLayout.Text)),
            Allow(SystemCallNumber.ClockGettime, Is(0, 0), Is(1, ScratchLayout.Time)),
            Allow(
                SystemCallNumber.TimerfdSettime,
                Is(0, LaunchDescriptors.Timer),
                Is(1, 0),
                Is(2, ScratchLayout.TimerSpec),
                Is(3, 0)),
            Allow(
                SystemCallNumber.Ppoll,
                Is(0, ScratchLayout.PollSet),
                Is(1, (ulong)HvtConstants.PollCount(devices)),
                Is(3, 0)),
            Allow(SystemCallNumber.ExitGroup),
        ];

        foreach (AttachedDevice device in devices)
        {
            FilterCondition itself = Is(0, (ulong)device.Descriptor);
            if (device.Type == DeviceType.Net)
            {
                rules.Add(Allow(SystemCallNumber.Read, itself, inGuest));
                rules.Add(Allow(SystemCallNumber.Write, itself, inGuest));
                continue;
            }

            FilterCondition length = new FilterCondition.AtMost(2, device.CapacityBytes);
            FilterCondition offset = new FilterCondition.AtMost(3, device.CapacityBytes - 1);
            rules.Add(Allow(SystemCallNumber.Pread, itself, inGuest, length, offset));
            rules.Add(Allow(SystemCallNumber.Pwrite, itself, inGuest, length, offset));
        }

        return rules;
    }

    private static FilterCondition.Equal Is(int argument, ulong value) => new(argument, value);
}
