using System.Buffers.Binary;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Spt;

/// <summary>What the guest is told (section 3 of the spt ABI description): 40 bytes, the copy of the manifest, the command line.</summary>
internal static class SptBootInformation
{
    private const int SizeBytes = 40;

    /// <summary>The bytes that stand at <see cref="SptLayout.BootInformation"/>.</summary>
    internal static byte[] Build(
        GuestMemorySize memory, ulong kernelEnd, int timer, ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> commandLine)
    {
        var bytes = new byte[SizeBytes + manifest.Length + LaunchChecks.CommandLineAreaBytes];
        Span<byte> span = bytes;
        BinaryPrimitives.WriteUInt64LittleEndian(span, memory.Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(span[8..], kernelEnd);
        BinaryPrimitives.WriteUInt64LittleEndian(span[16..], SptLayout.BootInformation + (ulong)(SizeBytes + manifest.Length));
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], SptLayout.BootInformation + SizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(span[32..], SptDescriptors.Epoll);
        BinaryPrimitives.WriteInt32LittleEndian(span[36..], timer);
        manifest.CopyTo(span[SizeBytes..]);
        commandLine.CopyTo(span.Slice(SizeBytes + manifest.Length, LaunchChecks.CommandLineAreaBytes - 1));
        return bytes;
    }
}
