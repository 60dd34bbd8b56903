using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>What Solo5's spt library does for each call (section 5 of the spt ABI description).</summary>
public sealed partial class GuestBuilder
{
    private const int EpollOffset = 32;
    private const int TimerOffset = 36;
    private const int Again = 1, Invalid = 2, Unspecified = 3;

    /// <summary>A system call whose arguments are already in rdi, rsi, rdx, r10, r8 and r9.</summary>
    public void SystemCall(int number)
    {
        Asm.mov(eax, number);
        Asm.syscall();
    }

    /// <summary>A system call with these arguments.</summary>
    public void SystemCall(int number, params ReadOnlySpan<ulong> arguments)
    {
        AssemblerRegister64[] registers = [rdi, rsi, rdx, r10, r8, r9];
        for (int i = 0; i < arguments.Length; i++)
        {
            Asm.mov(registers[i], arguments[i]);
        }

        SystemCall(number);
    }

    private void SptCall(int number, uint block)
    {
        const int Write = 1, ClockGettime = 228, ExitGroup = 231;
        switch (number)
        {
            case 1:
                uint time = Reserve(16);
                SystemCall(ClockGettime, 0, time);
                Asm.imul(rax, __qword_ptr[time], 1_000_000_000);
                Asm.add(rax, __qword_ptr[time + 8]);
                Asm.mov(__qword_ptr[block], rax);
                break;
            case 2:
                Asm.mov(edi, 1);
                Asm.mov(rsi, __qword_ptr[block]);
                Asm.mov(rdx, __qword_ptr[block + 8]);
                SystemCall(Write);
                break;
            case 3:
                SptPoll(block);
                break;
            case 4 or 5:
                SptBlock(block, number == 4 ? 18 : 17);
                break;
            case 6 or 7:
                SptNet(block, number == 6 ? Write : 0);
                break;
            case 8:
                Asm.movzx(edi, __byte_ptr[block + 8]);
                SystemCall(ExitGroup);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(number), number, "spt has no such call");
        }
    }

    private void SptPoll(uint block)
    {
        const int ClockGettime = 228, EpollPwait = 281, TimerfdSettime = 286, Interrupted = -4;
        const uint TimerEvent = 0xFFFF_FFFE;
        uint now = Reserve(16), spec = Reserve(32), events = Reserve(64 * 12);
        Label noCarry = Asm.CreateLabel(), wait = Asm.CreateLabel(), next = Asm.CreateLabel(), done = Asm.CreateLabel();

        // deadline = now + timeout, never with 0 nanoseconds
        SystemCall(ClockGettime, 1, now);
        Asm.mov(rax, __qword_ptr[block]);
        Asm.xor(edx, edx);
        Asm.mov(ecx, 1_000_000_000);
        Asm.div(rcx);
        Asm.add(rax, __qword_ptr[now]);
        Asm.add(rdx, __qword_ptr[now + 8]);
        Asm.cmp(rdx, rcx);
        Asm.jb(noCarry);
        Asm.sub(rdx, rcx);
        Asm.inc(rax);
        Asm.Label(ref noCarry);
        Asm.or(rdx, 1);
        Asm.mov(__qword_ptr[spec + 16], rax);
        Asm.mov(__qword_ptr[spec + 24], rdx);
        Asm.mov(edi, __dword_ptr[rbx + TimerOffset]);
        Asm.mov(esi, 1);
        Asm.mov(edx, spec);
        Asm.xor(r10d, r10d);
        SystemCall(TimerfdSettime);

        Asm.Label(ref wait);
        Asm.mov(edi, __dword_ptr[rbx + EpollOffset]);
        Asm.mov(esi, events);
        Asm.mov(edx, 64);
        Asm.mov(r10, -1);
        Asm.xor(r8d, r8d);
        Asm.mov(r9d, 8);
        SystemCall(EpollPwait);
        Asm.cmp(rax, Interrupted);
        Asm.je(wait);

        // r8 = ready set, r9 = how many
        Asm.xor(r8d, r8d);
        Asm.xor(r9d, r9d);
        Asm.mov(esi, events);
        Asm.Label(ref next);
        Asm.test(eax, eax);
        Asm.jle(done);
        Asm.mov(edx, __dword_ptr[rsi + 4]);
        Asm.add(rsi, 12);
        Asm.dec(eax);
        Asm.cmp(edx, TimerEvent);
        Asm.je(next);
        Asm.bts(r8, rdx);
        Asm.inc(r9d);
        Asm.jmp(next);
        Asm.Label(ref done);
        Asm.mov(__qword_ptr[block + 8], r8);
        Asm.mov(__dword_ptr[block + 16], r9d);
    }

    /// <summary>Exactly one block, within the device.</summary>
    private void SptBlock(uint block, int systemCall)
    {
        Label invalid = Asm.CreateLabel(), wrong = Asm.CreateLabel(), done = Asm.CreateLabel();
        LoadEntryOf(block);
        Asm.mov(r10, __qword_ptr[block + 8]);
        Asm.mov(rdx, __qword_ptr[block + 24]);
        Asm.movzx(eax, __word_ptr[r9 + 80]);
        Asm.cmp(rdx, rax);
        Asm.jne(invalid);
        Asm.mov(rax, __qword_ptr[r9 + 72]);
        Asm.sub(rax, r10);
        Asm.jbe(invalid);
        Asm.cmp(rdx, rax);
        Asm.ja(invalid);
        Asm.mov(rsi, __qword_ptr[block + 16]);
        SystemCall(systemCall);
        Asm.cmp(rax, __qword_ptr[block + 24]);
        Asm.jne(wrong);
        Result(block + 32, 0, done);
        Asm.Label(ref invalid);
        Result(block + 32, Invalid, done);
        Asm.Label(ref wrong);
        Result(block + 32, Unspecified, done);
        Asm.Label(ref done);
        Asm.nop();
    }

    private void SptNet(uint block, int systemCall)
    {
        const int TryAgain = -11;
        Label again = Asm.CreateLabel(), wrong = Asm.CreateLabel(), done = Asm.CreateLabel();
        LoadEntryOf(block);
        Asm.mov(rsi, __qword_ptr[block + 8]);
        Asm.mov(rdx, __qword_ptr[block + 16]);
        SystemCall(systemCall);
        Asm.cmp(rax, TryAgain);
        Asm.je(again);
        Asm.test(rax, rax);
        Asm.js(wrong);
        Asm.mov(__qword_ptr[block + 16], rax);
        Result(block + 24, 0, done);
        Asm.Label(ref again);
        Result(block + 24, Again, done);
        Asm.Label(ref wrong);
        Result(block + 24, Unspecified, done);
        Asm.Label(ref done);
        Asm.nop();
    }

    /// <summary>r9 = manifest entry of the block's handle, edi = its descriptor.</summary>
    private void LoadEntryOf(uint block)
    {
        Asm.imul(r9d, __dword_ptr[block], EntryBytes);
        Asm.add(r9, __qword_ptr[rbx + _boot.Manifest]);
        Asm.add(r9, 8);
        Asm.mov(edi, __dword_ptr[r9 + 88]);
    }

    private void Result(uint address, int value, Label done)
    {
        Asm.mov(__dword_ptr[address], value);
        Asm.jmp(done);
    }
}
