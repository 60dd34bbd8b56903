using Albatross.MachineCode.Source;
using Iced.Intel;

namespace Albatross.MachineCode.Mutation;

/// <summary>
/// Every mutant of a code: each conditional branch inverted, never, always, and one off (above becomes above-or-equal); each immediate and
/// each displacement of an operand one more and one less; each other instruction left out.
/// </summary>
internal static class Mutants
{
    private const byte Nop = 0x90, ShortJump = 0xEB, NearJump = 0xE9, TwoByte = 0x0F;

    /// <summary>All of them, in the order of the code.</summary>
    internal static IEnumerable<Mutant> Of(string name, AssembledCode code)
    {
        string label = name;
        int behind = 0;
        var decoder = Iced.Intel.Decoder.Create(64, new ByteArrayCodeReader(code.Bytes, 0, code.InstructionBytes), code.Address);
        while (decoder.IP < code.Address + (ulong)code.InstructionBytes)
        {
            decoder.Decode(out Instruction instruction);
            if (code.Names[instruction.IP].LastOrDefault() is { } named)
            {
                (label, behind) = ($"{name} {named}", 0);
            }

            string place = $"{label}+{behind++} {instruction.Mnemonic.ToString().ToLowerInvariant()}";
            foreach ((string change, byte[] bytes) in Changes(code, instruction, decoder.GetConstantOffsets(instruction)))
            {
                yield return new Mutant(place, change, instruction.IP, code with { Bytes = bytes });
            }
        }
    }

    private static IEnumerable<(string Change, byte[] Bytes)> Changes(AssembledCode code, Instruction i, ConstantOffsets constants)
    {
        int at = (int)(i.IP - code.Address);
        if (i.FlowControl == FlowControl.ConditionalBranch)
        {
            return BranchChanges(code.Bytes, at, i);
        }

        List<(string, byte[])> changes = [];
        bool isBranch = i.FlowControl == FlowControl.UnconditionalBranch;
        if (constants.HasImmediate && !isBranch)
        {
            changes.Add(("immediate + 1", Shifted(code.Bytes, at + constants.ImmediateOffset, constants.ImmediateSize, 1)));
            changes.Add(("immediate - 1", Shifted(code.Bytes, at + constants.ImmediateOffset, constants.ImmediateSize, -1)));
        }

        if (constants.HasDisplacement && !isBranch)
        {
            changes.Add(("displacement + 1", Shifted(code.Bytes, at + constants.DisplacementOffset, constants.DisplacementSize, 1)));
            changes.Add(("displacement - 1", Shifted(code.Bytes, at + constants.DisplacementOffset, constants.DisplacementSize, -1)));
        }

        if (i.Mnemonic is not (Mnemonic.Nop or Mnemonic.Ud2))
        {
            changes.Add(("left out", Without(code.Bytes, at, i.Length)));
        }

        return changes;
    }

    private static IEnumerable<(string Change, byte[] Bytes)> BranchChanges(byte[] bytes, int at, Instruction i)
    {
        int opcode = bytes[at] == TwoByte ? at + 1 : at;
        yield return ("inverted", With(bytes, opcode, (byte)(bytes[opcode] ^ 1)));
        yield return ("never", Without(bytes, at, i.Length));
        byte[] always = [.. bytes];
        if (opcode == at)
        {
            always[at] = ShortJump;
        }
        else
        {
            (always[at], always[at + 1]) = (Nop, NearJump);
        }

        yield return ("always", always);

        // The condition is the low half of the opcode: 2 b, 3 ae, 6 be, 7 a.
        byte? oneOff = (bytes[opcode] & 15) switch { 2 => 6, 6 => 2, 3 => 7, 7 => 3, _ => null };
        if (oneOff is { } condition)
        {
            yield return ("one off", With(bytes, opcode, (byte)((bytes[opcode] & 0xF0) | condition)));
        }
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        byte[] changed = [.. bytes];
        changed[at] = value;
        return changed;
    }

    private static byte[] Without(byte[] bytes, int at, int length)
    {
        byte[] changed = [.. bytes];
        changed.AsSpan(at, length).Fill(Nop);
        return changed;
    }

    /// <summary>A little-endian number of this size, one more or one less.</summary>
    private static byte[] Shifted(byte[] bytes, int at, int size, int by)
    {
        byte[] changed = [.. bytes];
        for (int i = 0; i < size; i++)
        {
            changed[at + i] = (byte)(changed[at + i] + by);
            bool carries = by > 0 ? changed[at + i] == 0 : changed[at + i] == 0xFF;
            if (!carries)
            {
                break;
            }
        }

        return changed;
    }
}
