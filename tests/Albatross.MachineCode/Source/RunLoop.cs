using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>
/// The machine code of a running unikernel's process: the player of the call table, then the loop that serves the guest. There is no stack,
/// no call and no writable code address: control moves by fixed jumps, except for the one "return" of the address check, whose target lives
/// in r8. Registers kept through the loop:
/// <code>
/// rbx  host address of guest memory        r14  host address of the hypercall's parameter block
/// rbp  size of guest memory in bytes       r15  number of the hypercall
/// r12, r13  free for the hypercall         rax, rcx, r11 are lost at every system call
/// </code>
/// Each part is in a file of its own, in the order of the code.
/// </summary>
internal sealed partial class RunLoop : LauncherSource
{
    private const int Eintr = -4;
    private const int Eagain = -11;
    private const int Efault = -14;

    private Label _run;
    private Label _checkInput;
    private Label _checkOutput;

    /// <summary>Writes the instructions; <see cref="LauncherSource.Assemble"/> turns them into bytes.</summary>
    internal RunLoop()
        : base("hvt")
    {
        _run = New("run");
        _checkInput = New("check_input");
        _checkOutput = New("check_output");
        _die = New("die");
        _exit = New("exit");
        WritePlayer(ConstantsLayout.FirstRow);
        WriteEnter();
        WriteRun();
        WriteExits();
        WriteWalltime();
        WritePuts();
        WritePoll();
        WriteBlock(_handlers[4], "block_write", isWrite: true);
        WriteBlock(_handlers[5], "block_read", isWrite: false);
        WriteNetWrite();
        WriteNetRead();
        WriteHalt();
        WriteRangeCheck();
        WriteFailures(ScratchLayout.Text);
        WriteTexts();
    }

    /// <inheritdoc/>
    protected override Label RunLabel => _run;

    /// <summary>After the last row: guest memory and its size for good, and the clock frequency into the boot information.</summary>
    private void WriteEnter()
    {
        Here(ref _enter);
        c.mov(rbx, ProcessLayout.Guest);
        c.mov(rbp, __qword_ptr[ConstantsLayout.MemorySize]);
        c.mov(eax, __dword_ptr[ScratchLayout.TscKilohertz]);
        c.imul(rax, rax, 1000);
        c.mov(__qword_ptr[rbx + (int)(CpuState.BootInformation + BootInformation.CpuFrequencyOffset)], rax);
    }

    /// <summary>Writes the hypercall's result and goes on with the guest.</summary>
    private void Finish(int resultOffset, HypercallResult result)
    {
        c.mov(__dword_ptr[r14 + resultOffset], (int)result);
        c.jmp(_run);
    }

    /// <summary>What a hypercall stores in its ret field (section 6).</summary>
    private enum HypercallResult
    {
        Ok = 0,
        Again = 1,
        Invalid = 2,
    }
}
