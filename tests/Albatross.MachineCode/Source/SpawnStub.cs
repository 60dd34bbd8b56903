using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>
/// Starts a child from a process with many threads: clone3 with CLONE_VM and CLONE_VFORK, after which the child plays rows of system calls
/// until one of them, execveat, does not come back. It shares the parent's memory, the stack included, so it touches neither: rows and
/// report are the caller's, and its state is in registers. Called by the system's calling convention:
/// <code>
/// rdi = struct clone_args (88 bytes)   rsi = first row   rdx = report: address of the failed row u64, its result i64
/// returns in eax what clone3 returned to the parent; the child exits with 127 when a row fails
/// </code>
/// </summary>
internal static class SpawnStub
{
    private const int CloneArgumentsBytes = 88;

    /// <summary>The position-independent bytes.</summary>
    internal static AssembledCode Assemble()
    {
        var c = new Assembler(64);
        Label child = c.CreateLabel("child"), next = c.CreateLabel("next"), failed = c.CreateLabel("failed");
        c.push(r12);
        c.push(r13);
        c.mov(r12, rsi);
        c.mov(r13, rdx);
        c.mov(esi, CloneArgumentsBytes);
        c.mov(eax, SystemCallNumber.Clone3);
        c.syscall();
        c.test(eax, eax);
        c.je(child);
        c.pop(r13);
        c.pop(r12);
        c.ret();

        c.Label(ref child);
        c.mov(eax, __dword_ptr[r12 + RowLayout.Number]);
        AssemblerRegister64[] arguments = [rdi, rsi, rdx, r10, r8, r9];
        for (int i = 0; i < arguments.Length; i++)
        {
            c.mov(arguments[i], __qword_ptr[r12 + RowLayout.FirstArgument + (8 * i)]);
        }

        c.syscall();
        c.cmp(__dword_ptr[r12 + RowLayout.Mode], (int)RowMode.Ignore);
        c.je(next);
        c.cmp(rax, -4096);
        c.ja(failed);
        c.Label(ref next);
        c.add(r12, RowLayout.SizeBytes);
        c.jmp(child);

        c.Label(ref failed);
        c.mov(__qword_ptr[r13], r12);
        c.mov(__qword_ptr[r13 + 8], rax);
        c.mov(edi, 127);
        c.mov(eax, SystemCallNumber.ExitGroup);
        c.syscall();
        c.ud2();

        using var bytes = new MemoryStream();
        AssemblerResult result = c.Assemble(new StreamCodeWriter(bytes), 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
        ILookup<ulong, string> names = new[] { child, next, failed }.ToLookup(label => result.GetLabelRIP(label), label => label.Name);
        return new AssembledCode(bytes.ToArray(), 0, (int)bytes.Length, names, 0);
    }
}
