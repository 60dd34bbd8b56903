using System.Buffers.Binary;

namespace Albatross.Tests.Solo5;

/// <summary>A system call as a seccomp filter sees it.</summary>
internal sealed record FilteredCall(uint Architecture, uint Number, params ulong[] Arguments);

/// <summary>Runs a classic BPF program on struct seccomp_data as the kernel does.</summary>
internal static class FilterInterpreter
{
    /// <summary>The program's verdict.</summary>
    internal static uint Run(ReadOnlySpan<byte> program, FilteredCall call)
    {
        var data = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(data, call.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), call.Architecture);
        for (int i = 0; i < call.Arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16 + (8 * i)), call.Arguments[i]);
        }

        uint accumulator = 0;
        for (int at = 0; ; at++)
        {
            ReadOnlySpan<byte> instruction = program.Slice(at * 8, 8);
            uint operand = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(instruction))
            {
                case 0x20:
                    accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan((int)operand));
                    break;
                case 0x05:
                    at += (int)operand;
                    break;
                case 0x15:
                    at += accumulator == operand ? instruction[2] : instruction[3];
                    break;
                case 0x25:
                    at += accumulator > operand ? instruction[2] : instruction[3];
                    break;
                case 0x35:
                    at += accumulator >= operand ? instruction[2] : instruction[3];
                    break;
                case 0x06:
                    return operand;
                case var code:
                    throw new InvalidOperationException($"instruction {code:x}");
            }
        }
    }
}
