using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>
/// The machine code of an spt unikernel's process: the player of the call table, then the jump into the guest, which never comes back. The
/// last row has what the guest starts with: its stack, the address of the boot information, its entry.
/// </summary>
internal sealed class SptEntry : LauncherSource
{
    /// <summary>Writes the instructions; <see cref="LauncherSource.Assemble"/> turns them into bytes.</summary>
    internal SptEntry()
        : base("spt")
    {
        _die = New("die");
        _exit = New("exit");
        WritePlayer(SptLayout.FirstRow);
        WriteEnter();
        Here(ref _exit);                                      // edi = status of the process
        SystemCall(SystemCallNumber.ExitGroup);
        c.ud2();                                              // not reached
        WriteFailures(SptLayout.Text);
    }

    /// <inheritdoc/>
    protected override Label RunLabel => _enter;

    /// <summary>Section 4 of the ABI description. Nothing of ours is left in a register but the entry, which the guest knows.</summary>
    private void WriteEnter()
    {
        Here(ref _enter);
        c.mov(rsp, __qword_ptr[r12 + RowLayout.FirstArgument]);
        c.mov(rdi, __qword_ptr[r12 + RowLayout.FirstArgument + 8]);
        c.mov(rax, __qword_ptr[r12 + RowLayout.FirstArgument + 16]);
        AssemblerRegister32[] others = [ebx, ecx, edx, esi, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d];
        foreach (AssemblerRegister32 register in others)
        {
            c.xor(register, register);
        }

        c.cld();
        c.jmp(rax);
    }
}
