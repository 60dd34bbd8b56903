using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

internal abstract partial class LauncherSource
{
    private const int PageMask = (int)ProcessLayout.PageBytes - 1;

    /// <summary>Above what the kernel gives a program at its start, and below the gap that it keeps free under a stack (128 MiB).</summary>
    private const int StackBytes = 1 << 20;

    /// <summary>
    /// Plays the table: load seven registers, system call, look at the result as the row's mode says, next row. The entry point of the
    /// process; r12 is the row. <paramref name="firstRow"/> is where the address of the first one stands. The last row leads to _enter.
    /// rsp is still the kernel's, and is used for one thing only: to unmap the stack.
    /// </summary>
    protected void WritePlayer(uint firstRow)
    {
        Label row = New("player"), next = New("player_next"), failed = New("player_failed"), store = New("player_store");
        Label stack = New("player_stack"), result = New("player_result");
        _enter = New("enter");

        c.mov(r12d, __dword_ptr[firstRow]);
        Here(ref row);
        c.mov(eax, __dword_ptr[r12 + RowLayout.Number]);
        c.cmp(eax, -1);                                       // RowLayout.LastRow
        c.je(_enter);
        c.cmp(eax, -2);                                       // RowLayout.UnmapStack
        c.je(stack);
        LoadArguments();
        c.syscall();
        Here(ref result);
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

        // The program's name, argv[0], stands in the stack's last page, and nothing else lies within a megabyte below the stack.
        Here(ref stack);
        c.mov(rsi, __qword_ptr[rsp + 8]);
        c.or(rsi, PageMask);
        c.inc(rsi);                                           // the end of the stack
        c.lea(rdi, __[rsp - StackBytes]);
        c.and(rdi, ~PageMask);
        c.sub(rsi, rdi);
        SystemCall(SystemCallNumber.Munmap);
        c.jmp(result);

        Here(ref failed);
        c.mov(r8, rax);
        c.neg(r8);
        c.mov(esi, __dword_ptr[r12 + RowLayout.Message]);
        c.jmp(_die);
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
