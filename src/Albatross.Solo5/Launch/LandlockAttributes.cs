using System.Buffers.Binary;

namespace Albatross.Solo5.Launch;

/// <summary>struct landlock_ruleset_attr (include/uapi/linux/landlock.h): what each version of landlock can refuse.</summary>
public static class LandlockAttributes
{
    /// <summary>
    /// Everything that <paramref name="version"/>, from 1 on, knows: rights on files u64, then from 4 on TCP u64, from 6 on scopes u64.
    /// </summary>
    public static byte[] Everything(int version)
    {
        var bytes = new byte[version >= 6 ? 24 : version >= 4 ? 16 : 8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, FileRights(version));
        if (version >= 4)
        {
            const ulong BindAndConnect = 3;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), BindAndConnect);
        }

        if (version >= 6)
        {
            const ulong AbstractSocketsAndSignals = 3;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), AbstractSocketsAndSignals);
        }

        return bytes;
    }

    /// <summary>13 rights at first; moving files came with version 2, truncating with 3, ioctl on devices with 5.</summary>
    private static ulong FileRights(int version)
    {
        int rights = version switch { 1 => 13, 2 => 14, 3 or 4 => 15, _ => 16 };
        return (1UL << rights) - 1;
    }
}
