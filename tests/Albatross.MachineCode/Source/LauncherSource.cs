using System.Text;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>
/// What the machine code of both targets has in common: the player of the call table and the one way to fail. There is no stack and no
/// call; labels have names for the listing.
/// </summary>
/// <param name="program">Begins every message, before a colon.</param>
internal abstract partial class LauncherSource(string program)
{
    protected readonly Assembler c = new(64);
    protected Label _enter;
    protected Label _die;
    protected Label _exit;
    private readonly List<(Label At, string Text)> _texts = [];
    private readonly List<Label> _emitted = [];
    private Label _firstText;

    /// <summary>Where the player is done: a round of the run loop, or the way into the guest.</summary>
    protected abstract Label RunLabel { get; }

    /// <summary>The bytes at <see cref="ProcessLayout.Code"/>, texts included, and what a listing needs.</summary>
    internal AssembledCode Assemble()
    {
        using var bytes = new MemoryStream();
        AssemblerResult result = c.Assemble(
            new StreamCodeWriter(bytes), ProcessLayout.Code, BlockEncoderOptions.ReturnNewInstructionOffsets);
        ILookup<ulong, string> names = _emitted
            .Where(label => !string.IsNullOrEmpty(label.Name) && !label.Name.StartsWith("___", StringComparison.Ordinal))
            .ToLookup(label => result.GetLabelRIP(label), label => label.Name);
        int instructionBytes = _texts.Count == 0 ? (int)bytes.Length : (int)(result.GetLabelRIP(_firstText) - ProcessLayout.Code);
        return new AssembledCode(bytes.ToArray(), ProcessLayout.Code, instructionBytes, names, result.GetLabelRIP(RunLabel));
    }

    protected Label New(string name) => c.CreateLabel(name);

    /// <summary>A label is a struct that learns its instruction here: keep the copy for the listing.</summary>
    protected void Here(ref Label label)
    {
        c.Label(ref label);
        _emitted.Add(label);
    }

    protected void SystemCall(int number)
    {
        c.mov(eax, number);
        c.syscall();
    }

    /// <summary>A text for <see cref="Die"/>, below 200 bytes; \u0001 stands for r8 and \u0002 for r9, in hexadecimal.</summary>
    protected Label Text(string text)
    {
        Label label = c.CreateLabel();
        _texts.Add((label, text));
        return label;
    }

    protected void Die(Label text)
    {
        c.lea(rsi, __[text]);
        c.jmp(_die);
    }

    protected void WriteTexts()
    {
        foreach ((Label at, string text) in _texts)
        {
            Label label = at;
            Here(ref label);
            if (_firstText.IsEmpty)
            {
                _firstText = label;
            }

            c.db(Encoding.ASCII.GetBytes($"{program}: {text}\n\0"));
        }
    }
}
