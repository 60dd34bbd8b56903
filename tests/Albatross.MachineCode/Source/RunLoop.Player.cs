using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

internal sealed partial class RunLoop
{
    /// <summary>
    /// Plays the table: load seven registers, system call, look at the result as the row's mode says, next row. The entry point of the
    /// process; r12 is the row.
    /// </summary>
    private void WritePlayer()
    {
        Label row = New("player"), next = New("player_next"), enter = New("enter"), failed = New("player_failed");
        Label store = New("player_store");

        c.mov(r12d, __dword_ptr[ConstantsLayout.FirstRow]);
        Here(ref row);
        c.mov(eax, __dword_ptr[r12 + RowLayout.Number]);
        c.cmp(eax, -1);                                       // RowLayout.LastRow
        c.je(enter);
        LoadArguments();
        c.syscall();
        c.mov(ecx, __dword_ptr[r12 + RowLayout.Mode]);
        c.cmp(ecx, (int)RowMode.Ignore);
        c.je(next);
        c.cmp(rax, -4096);                                    // -4095 .. -1 is an error number
        c.ja(failed);
        c.cmp(ecx, (int)RowMode.Store);
        c.je(store);
        c.cmp(ecx, (int)RowMode.MustEqual);
        c.jne(next);
        c.cmp(eax, __dword_ptr[r12 + RowLayout.Value]);       // a descriptor number or length that was not foreseen
        c.jne(failed);
        c.jmp(next);

        Here(ref store);
        c.mov(ecx, __dword_ptr[r12 + RowLayout.Value]);
        c.mov(__dword_ptr[rcx], eax);
        Here(ref next);
        c.add(r12, RowLayout.SizeBytes);
        c.jmp(row);

        Here(ref failed);
        c.mov(r8, rax);
        c.neg(r8);
        c.mov(esi, __dword_ptr[r12 + RowLayout.Message]);
        c.jmp(_die);

        // The last row: guest memory and its size for good, and the clock frequency into the boot information.
        Here(ref enter);
        c.mov(rbx, ProcessLayout.Guest);
        c.mov(rbp, __qword_ptr[ConstantsLayout.MemorySize]);
        c.mov(eax, __dword_ptr[ScratchLayout.TscKilohertz]);
        c.imul(rax, rax, 1000);
        c.mov(__qword_ptr[rbx + (int)(CpuState.BootInformation + BootInformation.CpuFrequencyOffset)], rax);
    }

    /// <summary>The six arguments of the row at r12.</summary>
    private void LoadArguments()
    {
        AssemblerRegister64[] arguments = [rdi, rsi, rdx, r10, r8, r9];
        for (int i = 0; i < arguments.Length; i++)
        {
            c.mov(arguments[i], __qword_ptr[r12 + RowLayout.FirstArgument + (8 * i)]);
        }
    }
}
