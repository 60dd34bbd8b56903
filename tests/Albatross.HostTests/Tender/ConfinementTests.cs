using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.HostTests.Tender;

/// <summary>
/// The filter at work: the first instructions of the run loop are replaced by one system call, as if a guest had taken over the process.
/// </summary>
public sealed class ConfinementTests
{
    private const int KilledByFilter = 31;

    public ConfinementTests() => HostRequirement.Kvm();

    [Theory]
    [InlineData("read of a descriptor that is no tap", 0)]
    [InlineData("close", 3)]
    [InlineData("mmap", 9)]
    [InlineData("mprotect", 10)]
    [InlineData("rt_sigreturn", 15)]
    [InlineData("ioctl other than running the vCPU", 16)]
    [InlineData("pwrite without a disk", 18)]
    [InlineData("getpid", 39)]
    [InlineData("socket", 41)]
    [InlineData("clone", 56)]
    [InlineData("execve", 59)]
    [InlineData("kill", 62)]
    [InlineData("ptrace", 101)]
    [InlineData("prctl", 157)]
    [InlineData("openat", 257)]
    [InlineData("process_vm_readv", 310)]
    [InlineData("seccomp", 317)]
    [InlineData("execveat", 322)]
    [InlineData("io_uring_setup", 425)]
    [InlineData("x32 getpid", 0x40000027)]
    public void A_system_call_that_a_unikernel_does_not_need_kills_it(string name, int number)
    {
        Assert.Equal(new ProcessExit(ProcessExitKind.Killed, KilledByFilter), RunWith(number));
        Assert.NotEmpty(name);
    }

    [Fact]
    public void The_replaced_instructions_do_run()
    {
        // exit_group with what stands in edi there, the vCPU's descriptor: it is allowed, so the test above measures the filter.
        const int ExitGroup = 231;
        const int Vcpu = 6;
        Assert.Equal(new ProcessExit(ProcessExitKind.Exited, Vcpu), RunWith(ExitGroup));
    }

    /// <summary>Replaces "mov esi, KVM_RUN" and what follows by the system call and an invalid instruction.</summary>
    private static ProcessExit RunWith(int number)
    {
        using var host = new ResidentHost(SampleGuests.Idle(), ImageAccess.Share, "");
        ReadOnlySpan<byte> requestRun = [0xbe, 0x80, 0xae, 0x00, 0x00];
        Span<byte> at = host.Executable[host.Executable.IndexOf(requestRun)..];
        at[0] = 0xb8;
        BinaryPrimitives.WriteInt32LittleEndian(at[1..], number);
        ReadOnlySpan<byte> systemCallThenInvalid = [0x0f, 0x05, 0x0f, 0x0b];
        systemCallThenInvalid.CopyTo(at[5..]);
        return host.RunToEnd().Exit;
    }
}
