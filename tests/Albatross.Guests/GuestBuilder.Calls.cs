using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>The tender for which a guest is built; the values are those of the ABI note.</summary>
public enum GuestTarget
{
    /// <summary>A virtual machine.</summary>
    Hvt = 1,

    /// <summary>A sandboxed process.</summary>
    Spt = 2,
}

/// <summary>
/// The calls of Solo5 by the numbers and parameter blocks of the hvt ABI (section 6), for both targets: hvt has an instruction for each,
/// spt the system calls that its guest library makes.
/// </summary>
public sealed partial class GuestBuilder
{
    private const int EntryBytes = 104;

    /// <summary>The call <paramref name="number"/> with the parameter block at <paramref name="block"/>.</summary>
    public void Hypercall(int number, uint block)
    {
        if (_target == GuestTarget.Spt)
        {
            SptCall(number, block);
            return;
        }

        Asm.mov(eax, block);
        Asm.mov(edx, 0x500 + number);
        Asm.@out(dx, eax);
    }

    /// <summary>Loads the address of the manifest entry <paramref name="handle"/> into rdx.</summary>
    public void LoadEntry(int handle)
    {
        Asm.mov(rdx, __qword_ptr[rbx + _boot.Manifest]);
        Asm.add(rdx, 8 + (EntryBytes * handle));
    }

    /// <summary>PUTS of rax as a decimal number. Uses rdi too.</summary>
    public void PutsDecimal()
    {
        const int Digits = 20;
        uint text = Reserve(Digits), block = Words(0, 0);
        Label next = Asm.CreateLabel();
        Asm.mov(edi, text + Digits);
        Asm.mov(ecx, 10);
        Asm.Label(ref next);
        Asm.xor(edx, edx);
        Asm.div(rcx);
        Asm.add(edx, '0');
        Asm.dec(rdi);
        Asm.mov(__byte_ptr[rdi], dl);
        Asm.test(rax, rax);
        Asm.jnz(next);
        Asm.mov(__qword_ptr[block], rdi);
        Asm.mov(eax, text + Digits);
        Asm.sub(rax, rdi);
        Asm.mov(__qword_ptr[block + 8], rax);
        Hypercall(2, block);
    }

    /// <summary>
    /// Goes to <paramref name="otherwise"/> unless the 32-bit word at <paramref name="address"/> is <paramref name="value"/>.
    /// </summary>
    public void Expect(uint address, int value, Label otherwise)
    {
        Asm.cmp(__dword_ptr[address], value);
        Asm.jne(otherwise);
    }

    /// <summary>Ends with "SUCCESS" and 0, or at <paramref name="failure"/> with "FAILURE" and 1.</summary>
    public void SucceedOr(ref Label failure)
    {
        Puts("SUCCESS\n");
        Halt(0);
        Asm.Label(ref failure);
        Asm.nop();
        Puts("FAILURE\n");
        Halt(1);
    }
}
