using Iced.Intel;

namespace Albatross.MachineCode.Model;

internal sealed partial class Interpreter
{
    private static int OperandBytes(in Instruction i, int operand) => i.GetOpKind(operand) switch
    {
        OpKind.Register => i.GetOpRegister(operand).GetSize(),
        OpKind.Memory => i.MemorySize.GetSize(),
        _ => 8,
    };

    private ulong Get(in Instruction i, int operand)
    {
        switch (i.GetOpKind(operand))
        {
            case OpKind.Register:
                Register register = i.GetOpRegister(operand);
                ulong value = this[register.GetFullRegister()];
                return register.GetSize() switch { 8 => value, 4 => (uint)value, 2 => (ushort)value, _ => (byte)value };
            case OpKind.Memory:
                return Load(AddressOf(i), i.MemorySize.GetSize());
            default:
                return i.GetImmediate(operand);
        }
    }

    /// <summary>Stores into operand 0. A 32-bit register clears the upper half, smaller ones leave the rest.</summary>
    private void Set(in Instruction i, ulong value)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            Store(AddressOf(i), i.MemorySize.GetSize(), value);
            return;
        }

        Register register = i.Op0Register;
        if (register is >= Register.AH and <= Register.BH)
        {
            throw new ModelException($"high byte register at {_ip:x}");
        }

        Register full = register.GetFullRegister();
        this[full] = register.GetSize() switch
        {
            8 => value,
            4 => (uint)value,
            2 => (this[full] & ~0xffffUL) | (ushort)value,
            _ => (this[full] & ~0xffUL) | (byte)value,
        };
    }

    private ulong AddressOf(in Instruction i)
    {
        if (i.IsIPRelativeMemoryOperand)
        {
            return i.IPRelativeMemoryAddress;
        }

        ulong address = i.MemoryDisplacement64;
        if (i.MemoryBase != Register.None)
        {
            address += this[i.MemoryBase.GetFullRegister()];
        }

        if (i.MemoryIndex != Register.None)
        {
            address += this[i.MemoryIndex.GetFullRegister()] * (ulong)i.MemoryIndexScale;
        }

        return address;
    }

    private ulong Load(ulong address, int bytes)
    {
        ReadOnlySpan<byte> at = Find(address, bytes).At(address, bytes);
        ulong value = 0;
        for (int i = bytes - 1; i >= 0; i--)
        {
            value = (value << 8) | at[i];
        }

        return value;
    }

    private void Store(ulong address, int bytes, ulong value)
    {
        MemoryRegion region = Find(address, bytes);
        if (!region.IsWritable)
        {
            throw new ModelException($"store into {region.Name}, {address:x}, at {_ip:x}");
        }

        OnStore(region, address, bytes);
        Span<byte> at = region.At(address, bytes);
        for (int i = 0; i < bytes; i++)
        {
            at[i] = (byte)(value >> (8 * i));
        }
    }

    private MemoryRegion Find(ulong address, int bytes)
    {
        foreach (MemoryRegion region in _regions)
        {
            if (region.Contains(address, bytes))
            {
                return region;
            }
        }

        throw new ModelException($"access to {address:x}, {bytes} bytes, outside every region at {_ip:x}");
    }
}
