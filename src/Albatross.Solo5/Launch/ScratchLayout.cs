namespace Albatross.Solo5.Launch;

/// <summary>The one writable page of the launcher: addresses of its fields.</summary>
internal static class ScratchLayout
{
    /// <summary>struct timespec of 16 bytes: the wall clock.</summary>
    internal const uint Time = ProcessLayout.Scratch;

    /// <summary>struct itimerspec of 32 bytes; its interval stays 0.</summary>
    internal const uint TimerSpec = ProcessLayout.Scratch + 16;

    /// <summary>The it_value of <see cref="TimerSpec"/>.</summary>
    internal const uint TimerValue = TimerSpec + 16;

    /// <summary>u32: frequency of the vCPU's time stamp counter in kHz, stored by a row of the table.</summary>
    internal const uint TscKilohertz = ProcessLayout.Scratch + 48;

    /// <summary>struct timespec of 16 bytes that stays zero.</summary>
    internal const uint ZeroTime = ProcessLayout.Scratch + 56;

    /// <summary>struct kvm_regs of 144 bytes, read for messages.</summary>
    internal const uint Registers = ProcessLayout.Scratch + 128;

    /// <summary>Offset of rip in struct kvm_regs.</summary>
    internal const uint RegistersRip = Registers + 128;

    /// <summary>The message being formatted, at most 512 bytes.</summary>
    internal const uint Text = ProcessLayout.Scratch + 512;

    /// <summary>64 struct pollfd of 8 bytes: the timer at 0, the tap with handle i at i, descriptor -1 where there is none.</summary>
    internal const uint PollSet = ProcessLayout.Scratch + 1024;

    internal const uint PollEntryBytes = 8;

    /// <summary>Offset of revents in struct pollfd.</summary>
    internal const uint PollResult = 6;
}
