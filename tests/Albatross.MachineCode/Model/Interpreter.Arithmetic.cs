using System.Numerics;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

internal sealed partial class Interpreter
{
    /// <summary>Everything that only moves and computes. Flags that no branch of ours reads are not kept.</summary>
    private void Compute(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov or Mnemonic.Movzx:
                Set(i, Get(i, 1));
                break;
            case Mnemonic.Lea:
                Set(i, AddressOf(i));
                break;
            case Mnemonic.Add:
                Set(i, Sum(i));
                break;
            case Mnemonic.Sub:
                Set(i, Difference(i));
                break;
            case Mnemonic.Cmp:
                Difference(i);
                break;
            case Mnemonic.Test:
                Logic(i, Get(i, 0) & Get(i, 1));
                break;
            case Mnemonic.And:
                Set(i, Logic(i, Get(i, 0) & Get(i, 1)));
                break;
            case Mnemonic.Or:
                Set(i, Logic(i, Get(i, 0) | Get(i, 1)));
                break;
            case Mnemonic.Xor:
                Set(i, Logic(i, Get(i, 0) ^ Get(i, 1)));
                break;
            case Mnemonic.Inc:
                Set(i, Flags(i, Get(i, 0) + 1));
                break;
            case Mnemonic.Dec:
                Set(i, Flags(i, Get(i, 0) - 1));
                break;
            case Mnemonic.Neg:
                _carry = Get(i, 0) != 0;
                Set(i, Flags(i, 0 - Get(i, 0)));
                break;
            case Mnemonic.Shl:
                Set(i, Flags(i, Get(i, 0) << (int)Get(i, 1)));
                break;
            case Mnemonic.Rol when OperandBytes(i, 0) == 8:
                Set(i, BitOperations.RotateLeft(Get(i, 0), (int)Get(i, 1)));
                break;
            case Mnemonic.Imul:
                Set(i, i.OpCount == 3 ? Get(i, 1) * Get(i, 2) : Get(i, 0) * Get(i, 1));
                break;
            case Mnemonic.Div when OperandBytes(i, 0) == 8:
                Divide(Get(i, 0));
                break;
            case Mnemonic.Bts when i.Op0Kind == OpKind.Register:
                Set(i, Get(i, 0) | (1UL << (int)(Get(i, 1) & 63)));
                break;
            case Mnemonic.Cmove:
                Set(i, _zero ? Get(i, 1) : Get(i, 0));
                break;
            case Mnemonic.Push when OperandBytes(i, 0) == 8:
                this[Register.RSP] -= 8;
                Store(this[Register.RSP], 8, Get(i, 0));
                break;
            case Mnemonic.Pop when OperandBytes(i, 0) == 8:
                Set(i, PopValue());
                break;
            case Mnemonic.Cld:
                Direction = false;
                break;
            case Mnemonic.Nop:
                break;
            default:
                throw new ModelException($"instruction {i} at {_ip:x}");
        }
    }

    private ulong Sum(in Instruction i)
    {
        ulong left = Get(i, 0);
        ulong sum = Truncate(i, left + Get(i, 1));
        _carry = sum < left;
        return Flags(i, sum);
    }

    private ulong Difference(in Instruction i)
    {
        ulong left = Get(i, 0), right = Truncate(i, Get(i, 1));
        _carry = left < right;
        return Flags(i, left - right);
    }

    private ulong Logic(in Instruction i, ulong value)
    {
        _carry = false;
        return Flags(i, value);
    }

    private ulong Flags(in Instruction i, ulong value)
    {
        value = Truncate(i, value);
        _zero = value == 0;
        _sign = ((value >> ((8 * OperandBytes(i, 0)) - 1)) & 1) != 0;
        return value;
    }

    private ulong PopValue()
    {
        ulong value = Load(this[Register.RSP], 8);
        this[Register.RSP] += 8;
        return value;
    }

    private void Divide(ulong divisor)
    {
        if (divisor == 0)
        {
            throw new ModelException($"division by zero at {_ip:x}");
        }

        var dividend = new UInt128(this[Register.RDX], this[Register.RAX]);
        UInt128 quotient = dividend / divisor;
        if (quotient > ulong.MaxValue)
        {
            throw new ModelException($"divide overflow at {_ip:x}");
        }

        this[Register.RAX] = (ulong)quotient;
        this[Register.RDX] = (ulong)(dividend % divisor);
    }

    private static ulong Truncate(in Instruction i, ulong value)
    {
        int bytes = OperandBytes(i, 0);
        return bytes == 8 ? value : value & ((1UL << (8 * bytes)) - 1);
    }
}
