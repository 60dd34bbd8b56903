namespace Albatross.MachineCode.Model;

/// <summary>A mapped piece of the modelled process.</summary>
internal sealed record MemoryRegion(string Name, ulong Address, byte[] Bytes, bool IsWritable)
{
    /// <summary>Whether [address, address + length) lies inside.</summary>
    internal bool Contains(ulong address, int length) =>
        address >= Address && (ulong)length <= (ulong)Bytes.Length && address - Address <= (ulong)Bytes.Length - (ulong)length;

    /// <summary>The bytes at a process address.</summary>
    internal Span<byte> At(ulong address, int length) => Bytes.AsSpan((int)(address - Address), length);
}

/// <summary>The machine code did something that no correct code does.</summary>
internal sealed class ModelException(string message) : Exception(message);
