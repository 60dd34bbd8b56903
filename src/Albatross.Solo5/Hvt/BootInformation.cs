using System.Buffers.Binary;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// What the guest is told (section 5): 56 bytes, the copy of the manifest, the command line. All 56 are always written, because a newer
/// guest would read the manifest where an older tender wrote less; the ring is never offered.
/// </summary>
internal static class BootInformation
{
    /// <summary>Bytes for the command line, its NUL included.</summary>
    internal const int CommandLineAreaBytes = 8192;

    /// <summary>Where the clock frequency in Hz stands; only the vCPU knows it, so the machine code fills it in.</summary>
    internal const ulong CpuFrequencyOffset = 16;

    private const int SizeBytes = 56;

    /// <summary>The bytes that stand at <see cref="CpuState.BootInformation"/>.</summary>
    internal static byte[] Build(GuestMemorySize memory, ulong kernelEnd, Manifest manifest, ReadOnlySpan<byte> commandLine)
    {
        ReadOnlySpan<byte> devices = manifest.Bytes;
        var bytes = new byte[SizeBytes + devices.Length + CommandLineAreaBytes];
        Put(bytes, 0, memory.Bytes);
        Put(bytes, 8, kernelEnd);
        Put(bytes, 24, CpuState.BootInformation + (ulong)(SizeBytes + devices.Length));
        Put(bytes, 32, CpuState.BootInformation + SizeBytes);
        devices.CopyTo(bytes.AsSpan(SizeBytes));
        commandLine.CopyTo(bytes.AsSpan(SizeBytes + devices.Length, CommandLineAreaBytes - 1));
        return bytes;
    }

    private static void Put(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
}
