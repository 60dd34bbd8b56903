using System.Text;
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
internal sealed partial class RunLoop
{
    private const int Eintr = -4;
    private const int Eagain = -11;
    private const int Efault = -14;

    private readonly Assembler c = new(64);
    private readonly List<(Label At, string Text)> _texts = [];
    private readonly List<Label> _emitted = [];
    private Label _firstText;
    private Label _run;
    private Label _checkInput;
    private Label _checkOutput;
    private Label _die;
    private Label _exit;

    /// <summary>Writes the instructions; <see cref="Assemble"/> turns them into bytes.</summary>
    internal RunLoop()
    {
        _run = New("run");
        _checkInput = New("check_input");
        _checkOutput = New("check_output");
        _die = New("die");
        _exit = New("exit");
        WritePlayer();
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
        WriteFailures();
        WriteTexts();
    }

    /// <summary>The bytes at <see cref="ProcessLayout.Code"/>, texts included, and what a listing needs.</summary>
    internal AssembledCode Assemble()
    {
        using var bytes = new MemoryStream();
        AssemblerResult result = c.Assemble(
            new StreamCodeWriter(bytes), ProcessLayout.Code, BlockEncoderOptions.ReturnNewInstructionOffsets);
        ILookup<ulong, string> names = _emitted
            .Where(label => !string.IsNullOrEmpty(label.Name) && !label.Name.StartsWith("___", StringComparison.Ordinal))
            .ToLookup(label => result.GetLabelRIP(label), label => label.Name);
        int instructionBytes = (int)(result.GetLabelRIP(_firstText) - ProcessLayout.Code);
        return new AssembledCode(bytes.ToArray(), ProcessLayout.Code, instructionBytes, names, result.GetLabelRIP(_run));
    }

    private Label New(string name) => c.CreateLabel(name);

    /// <summary>A label is a struct that learns its instruction here: keep the copy for the listing.</summary>
    private void Here(ref Label label)
    {
        c.Label(ref label);
        _emitted.Add(label);
    }

    private void SystemCall(int number)
    {
        c.mov(eax, number);
        c.syscall();
    }

    /// <summary>A text for <see cref="Die"/>, below 200 bytes; \u0001 stands for r8 and \u0002 for r9, in hexadecimal.</summary>
    private Label Text(string text)
    {
        Label label = c.CreateLabel();
        _texts.Add((label, text));
        return label;
    }

    private void Die(Label text)
    {
        c.lea(rsi, __[text]);
        c.jmp(_die);
    }

    /// <summary>Writes the hypercall's result and goes on with the guest.</summary>
    private void Finish(int resultOffset, HypercallResult result)
    {
        c.mov(__dword_ptr[r14 + resultOffset], (int)result);
        c.jmp(_run);
    }

    private void WriteTexts()
    {
        foreach ((Label at, string text) in _texts)
        {
            Label label = at;
            Here(ref label);
            if (_firstText.IsEmpty)
            {
                _firstText = label;
            }

            c.db(Encoding.ASCII.GetBytes($"hvt: {text}\n\0"));
        }
    }

    /// <summary>What a hypercall stores in its ret field (section 6).</summary>
    private enum HypercallResult
    {
        Ok = 0,
        Again = 1,
        Invalid = 2,
    }
}
