using System.Globalization;
using System.Text;
using Iced.Intel;

namespace Albatross.MachineCode.Source;

/// <summary>Machine code and what is known of it.</summary>
/// <param name="Bytes">Instructions, then texts.</param>
/// <param name="Address">Where the first byte lies.</param>
/// <param name="InstructionBytes">How many of the bytes are instructions.</param>
/// <param name="Names">Labels by address.</param>
/// <param name="RunAddress">Where a round of the run loop begins.</param>
internal sealed record AssembledCode(
    byte[] Bytes, ulong Address, int InstructionBytes, ILookup<ulong, string> Names, ulong RunAddress)
{
    /// <summary>The instructions in their order.</summary>
    internal IEnumerable<Instruction> Decode()
    {
        var decoder = Iced.Intel.Decoder.Create(64, new ByteArrayCodeReader(Bytes, 0, InstructionBytes), Address);
        while (decoder.IP < Address + (ulong)InstructionBytes)
        {
            yield return decoder.Decode();
        }
    }

    /// <summary>Address, bytes and text of every instruction under its labels, for reading beside the source.</summary>
    internal string Listing()
    {
        var listing = new StringBuilder();
        var formatter = new NasmFormatter { Options = { RipRelativeAddresses = false, HexPrefix = "0x", HexSuffix = "" } };
        var text = new StringOutput();
        foreach (Instruction instruction in Decode())
        {
            foreach (string name in Names[instruction.IP])
            {
                listing.Append(name).Append(":\n");
            }

            formatter.Format(instruction, text);
            string bytes = Convert.ToHexStringLower(Bytes, (int)(instruction.IP - Address), instruction.Length);
            listing.Append(CultureInfo.InvariantCulture, $"  {instruction.IP:x5}  {bytes,-24} {text.ToStringAndReset()}\n");
        }

        return listing.ToString();
    }
}
