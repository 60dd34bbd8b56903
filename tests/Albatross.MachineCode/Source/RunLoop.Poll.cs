using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

internal sealed partial class RunLoop
{
    /// <summary>
    /// 3 POLL { timeout_nsecs u64 @0, out ready_set u64 @8, out ret i32 @16 }: waits for taps or a relative timeout. Any timeout but 0 goes
    /// through the timer descriptor, because ppoll's own may be 0.1 % late; 0 asks at once, without the timer.
    /// </summary>
    private void WritePoll()
    {
        Label wait = New("poll_wait"), count = New("poll_count"), skip = New("poll_skip"), store = New("poll_store");
        Label bad = New("poll_failed");

        Here(ref _handlers[3]);
        TakeBlock(24, GuestAccess.Output);
        c.mov(rax, __qword_ptr[r14]);
        c.mov(r13d, ScratchLayout.ZeroTime);
        c.test(rax, rax);
        c.je(wait);

        c.xor(edx, edx);
        c.mov(ecx, 1_000_000_000);
        c.div(rcx);
        c.or(rdx, 1);                                         // never zero, which would disarm the timer
        c.mov(__qword_ptr[ScratchLayout.TimerValue], rax);
        c.mov(__qword_ptr[ScratchLayout.TimerValue + 8], rdx);
        c.mov(edi, __dword_ptr[ConstantsLayout.Timer]);
        c.xor(esi, esi);
        c.mov(edx, ScratchLayout.TimerSpec);
        c.xor(r10d, r10d);
        SystemCall(SystemCallNumber.TimerfdSettime);
        c.test(eax, eax);
        c.js(bad);
        c.xor(r13d, r13d);                                    // ppoll without end: the timer is in the set

        Here(ref wait);
        c.mov(edi, ScratchLayout.PollSet);
        c.mov(esi, __dword_ptr[ConstantsLayout.PollCount]);
        c.mov(edx, r13d);
        c.xor(r10d, r10d);
        c.mov(r8d, 8);
        SystemCall(SystemCallNumber.Ppoll);
        c.cmp(eax, Eintr);
        c.je(wait);
        c.test(eax, eax);
        c.js(bad);

        // rax = ready set, edx = how many, ecx = handle; entry 0 is the timer and does not count.
        c.xor(eax, eax);
        c.xor(edx, edx);
        c.mov(ecx, 1);
        Here(ref count);
        c.cmp(ecx, __dword_ptr[ConstantsLayout.PollCount]);
        c.jae(store);
        c.cmp(__word_ptr[(rcx * 8) + (ScratchLayout.PollSet + ScratchLayout.PollResult)], 0);
        c.je(skip);
        c.bts(rax, rcx);
        c.inc(edx);
        Here(ref skip);
        c.inc(ecx);
        c.jmp(count);

        Here(ref store);
        c.mov(__qword_ptr[r14 + 8], rax);
        c.mov(__dword_ptr[r14 + 16], edx);
        c.jmp(_run);
        Here(ref bad);
        c.mov(r8d, eax);
        c.neg(r8d);
        Die(Text("poll failed: errno 0x\u0001"));
    }
}
