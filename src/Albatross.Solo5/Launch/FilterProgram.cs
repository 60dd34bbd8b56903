using System.Buffers.Binary;

namespace Albatross.Solo5.Launch;

/// <summary>
/// Writes a classic BPF program from its last instruction to its first, so that the target of every jump is already there and needs no
/// label. Positions count from the end of the program. A conditional jump reaches 255 instructions; farther ones go by way of an
/// unconditional jump that is put in between.
/// </summary>
internal sealed class FilterProgram
{
    /// <summary>Bytes of one struct sock_filter: code u16, jump if true u8, jump if false u8, operand u32.</summary>
    internal const int InstructionBytes = 8;

    // include/uapi/linux/bpf_common.h
    private const ushort LoadAbsolute = 0x20;
    private const ushort JumpAlways = 0x05;
    private const ushort ReturnConstant = 0x06;
    private const int LongestConditionalJump = 255;

    private readonly List<(ushort Code, byte IfTrue, byte IfFalse, uint Operand)> _reversed = [];

    /// <summary>How many instructions there are so far.</summary>
    internal int Length => _reversed.Count;

    /// <summary>The program's end: give back <paramref name="verdict"/>. Every path has to run into one.</summary>
    internal int Return(uint verdict) => Add(ReturnConstant, 0, 0, verdict);

    /// <summary>
    /// Loads the 32-bit word at <paramref name="offset"/> of struct seccomp_data, then goes on with what was written before.
    /// </summary>
    internal int Load(uint offset) => Add(LoadAbsolute, 0, 0, offset);

    /// <summary>Compares the loaded word with <paramref name="operand"/> and goes to one of two positions.</summary>
    internal int Jump(FilterComparison comparison, uint operand, int ifTrue, int ifFalse)
    {
        // Two may be inserted before the comparison is written, hence the margin.
        const int Reach = LongestConditionalJump - 2;
        int trueTarget = Distance(ifTrue) > Reach ? JumpTo(ifTrue) : ifTrue;
        int falseTarget = Distance(ifFalse) > Reach ? JumpTo(ifFalse) : ifFalse;
        return Add((ushort)comparison, checked((byte)Distance(trueTarget)), checked((byte)Distance(falseTarget)), operand);
    }

    /// <summary>The program as an array of struct sock_filter.</summary>
    internal byte[] ToBytes()
    {
        var bytes = new byte[_reversed.Count * InstructionBytes];
        for (int i = 0; i < _reversed.Count; i++)
        {
            Span<byte> at = bytes.AsSpan((_reversed.Count - 1 - i) * InstructionBytes, InstructionBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, _reversed[i].Code);
            at[2] = _reversed[i].IfTrue;
            at[3] = _reversed[i].IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], _reversed[i].Operand);
        }

        return bytes;
    }

    private int JumpTo(int target) => Add(JumpAlways, 0, 0, (uint)Distance(target));

    /// <summary>Instructions between the next one to be written and <paramref name="target"/>: what BPF calls the offset.</summary>
    private int Distance(int target) => _reversed.Count - target - 1;

    private int Add(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        _reversed.Add((code, ifTrue, ifFalse, operand));
        return _reversed.Count - 1;
    }
}

/// <summary>The conditional jumps of classic BPF that a filter needs; all unsigned.</summary>
internal enum FilterComparison
{
    /// <summary>BPF_JMP | BPF_JEQ | BPF_K.</summary>
    Equal = 0x15,

    /// <summary>BPF_JMP | BPF_JGT | BPF_K.</summary>
    Greater = 0x25,

    /// <summary>BPF_JMP | BPF_JGE | BPF_K.</summary>
    GreaterOrEqual = 0x35,
}
