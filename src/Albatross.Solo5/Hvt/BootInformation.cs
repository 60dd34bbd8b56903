using System.Buffers.Binary;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// What the guest is told (section 5): 56 bytes, the copy of the manifest, the command line. All 56 are always written, because a newer
/// guest would read the manifest where an older tender wrote less; the ring is never offered.
/// </summary>
internal static class BootInformation
{
    /// <summary>Where the clock frequency in Hz stands; only the vCPU knows it, so the machine code fills it in.</summary>
    internal const ulong CpuFrequencyOffset = 16;

    private const int SizeBytes = 56;

    /// <summary>The bytes that stand at <see cref="CpuState.BootInformation"/>.</summary>
    internal static byte[] Build(
        GuestMemorySize memory, ulong kernelEnd, ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> commandLine)
    {
        var bytes = new byte[SizeBytes + manifest.Length + LaunchChecks.CommandLineAreaBytes];
        Put(bytes, 0, memory.Bytes);
        Put(bytes, 8, kernelEnd);
        Put(bytes, 24, CpuState.BootInformation + (ulong)(SizeBytes + manifest.Length));
        Put(bytes, 32, CpuState.BootInformation + SizeBytes);
        manifest.CopyTo(bytes.AsSpan(SizeBytes));
        commandLine.CopyTo(bytes.AsSpan(SizeBytes + manifest.Length, LaunchChecks.CommandLineAreaBytes - 1));
        return bytes;
    }

    private static void Put(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);
}
