using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>What a guest of hvt does about its own faults, and how guests of both targets reach memory of their thread.</summary>
public sealed partial class GuestBuilder
{
    private const int Vectors = 32;

    /// <summary>
    /// Under hvt: makes descriptor tables of the guest's own, so that any fault from here on says "Solo5: ABORT: trap" and ends with 255,
    /// as Solo5's library does. Under spt it does nothing: there a fault is the process's.
    /// </summary>
    public void AbortOnTrap()
    {
        if (_target == GuestTarget.Spt)
        {
            return;
        }

        const ulong Code = 0x00AF_9900_0000_FFFF, Data = 0x00CF_9300_0000_FFFF;
        uint segments = Words(0, Code, Data), gates = Reserve(Vectors * 16);
        Label handler = Asm.CreateLabel(), go = Asm.CreateLabel(), next = Asm.CreateLabel();
        Asm.lgdt(__[TablePointer(segments, 3 * 8)]);
        Asm.lidt(__[TablePointer(gates, Vectors * 16)]);

        // An interrupt gate: offset 0..15, selector 8, present, type 14, offset 16..31; the upper half of the offset is 0.
        Asm.lea(rax, __[handler]);
        Asm.movzx(ecx, ax);
        Asm.mov(rdx, 0x8E00_0008_0000L);
        Asm.or(rcx, rdx);
        Asm.shr(rax, 16);
        Asm.shl(rax, 48);
        Asm.or(rcx, rax);
        Asm.mov(edi, gates);
        Asm.mov(eax, Vectors);
        Asm.Label(ref next);
        Asm.mov(__qword_ptr[rdi], rcx);
        Asm.add(rdi, 16);
        Asm.dec(eax);
        Asm.jnz(next);
        Asm.jmp(go);

        Asm.Label(ref handler);
        Asm.nop();
        Puts("Solo5: ABORT: trap\n");
        Halt(255);
        Asm.Label(ref go);
        Asm.nop();
    }

    /// <summary>The base of %fs: a register of the processor under hvt, a system call under spt.</summary>
    public void SetThreadPointer(uint address)
    {
        if (_target == GuestTarget.Spt)
        {
            SystemCall(158, 0x1002, address);
            return;
        }

        const int FsBase = unchecked((int)0xC000_0100);
        Asm.mov(ecx, FsBase);
        Asm.mov(eax, address);
        Asm.xor(edx, edx);
        Asm.wrmsr();
    }

    /// <summary>Goes to <paramref name="otherwise"/> unless the command line begins with <paramref name="text"/>.</summary>
    public void ExpectCommandLine(string text, Label otherwise)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Asm.mov(rsi, __qword_ptr[rbx + _boot.CommandLine]);
        Asm.mov(edi, Bytes(bytes));
        Asm.mov(ecx, bytes.Length);
        Asm.repe.cmpsb();
        Asm.jne(otherwise);
    }

    /// <summary>The operand of lgdt and lidt: limit and address.</summary>
    private uint TablePointer(uint address, int bytes) => Words(((ulong)address << 16) | (uint)(bytes - 1), 0);
}
