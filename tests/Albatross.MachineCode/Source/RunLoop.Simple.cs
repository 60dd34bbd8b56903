using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>WALLTIME, PUTS and HALT.</summary>
internal sealed partial class RunLoop
{
    /// <summary>1 WALLTIME { out nsecs u64 @0 }: nanoseconds since 1970.</summary>
    private void WriteWalltime()
    {
        Here(ref _handlers[1]);
        TakeBlock(8, GuestAccess.Output);
        c.xor(edi, edi);                                      // CLOCK_REALTIME
        c.mov(esi, ScratchLayout.Time);
        SystemCall(SystemCallNumber.ClockGettime);
        c.imul(rax, __qword_ptr[ScratchLayout.Time], 1_000_000_000);
        c.add(rax, __qword_ptr[ScratchLayout.Time + 8]);
        c.mov(__qword_ptr[r14], rax);
        c.jmp(_run);
    }

    /// <summary>2 PUTS { data u64 @0, len u64 @8 }: to the console, all of it; a full pipe blocks the guest, which is wanted.</summary>
    private void WritePuts()
    {
        Label more = New("puts_more"), bad = New("puts_failed");
        Here(ref _handlers[2]);
        TakeBlock(16, GuestAccess.Input);
        TakeBuffer(0, 8, GuestAccess.Input);
        Here(ref more);
        c.mov(edi, LaunchDescriptors.Output);
        SystemCall(SystemCallNumber.Write);
        c.cmp(rax, Eintr);
        c.je(more);
        c.cmp(rax, Eagain);
        c.je(_run);                                           // a non-blocking console that is full: the rest is dropped
        c.test(rax, rax);
        c.js(bad);
        c.add(rsi, rax);                                      // a pipe may take a part only
        c.sub(rdx, rax);
        c.ja(more);
        c.jmp(_run);

        Here(ref bad);
        c.mov(r8, rax);
        c.neg(r8);
        Die(Text("console write failed: errno 0x\u0001"));
    }

    /// <summary>
    /// 8 HALT { cookie u64 @0, status i32 @8 }: the low byte is the process's status; a cookie names 512 readable bytes.
    /// </summary>
    private void WriteHalt()
    {
        Label status = New("halt_status");
        Here(ref _handlers[8]);
        TakeBlock(16, GuestAccess.Input);
        c.mov(rdi, __qword_ptr[r14]);
        c.test(rdi, rdi);
        c.je(status);
        c.mov(esi, 512);
        Check(GuestAccess.Input, status);
        Here(ref status);
        c.movzx(edi, __byte_ptr[r14 + 8]);
        Here(ref _exit);                                      // edi = status of the process
        SystemCall(SystemCallNumber.ExitGroup);
        c.ud2();                                              // not reached
    }
}
