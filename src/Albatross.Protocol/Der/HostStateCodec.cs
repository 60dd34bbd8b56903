using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.State;

namespace Albatross.Protocol.Der;

/// <summary>
/// HostState ::= [30] SEQUENCE { format INTEGER, state SEQUENCE { unikernels, policies } }: this daemon's own state file. The inner
/// state is that of the original's [6], but for the images: in their place stands the SHA-256 of the unpacked image (32 bytes, not
/// compressed), which is the name of a file of its own. The original refuses the tag, and <see cref="StateCodec"/> says that a newer
/// version wrote it.
/// </summary>
/// <example><code>
/// byte[] file = HostStateCodec.Encode(state);
/// HostStateCodec.TryDecode(file, out state, out refusal) // true
/// </code></example>
public static class HostStateCodec
{
    private const int Tag = 30;
    private const long Format = 1;
    private const int DigestBytes = 32;

    /// <summary>Reads exactly one state; what is kept of it are slices of <paramref name="der"/>. Never throws.</summary>
    /// <param name="der">The content of the file.</param>
    /// <param name="state">The state; the image of each unikernel is its SHA-256.</param>
    /// <param name="refusal">UnsupportedVersion: a newer daemon wrote it. Else as for <see cref="StateCodec"/>.</param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out StoredState? state, [NotNullWhen(false)] out Refusal? refusal) =>
        StateCodec.TryDecode(der, Read, out state, out refusal);

    /// <summary>The file of <paramref name="state"/>.</summary>
    /// <exception cref="InvalidOperationException">A number of more than 63 bits: it could not be read again.</exception>
    public static byte[] Encode(StoredState state) => DerWriter.Encode(state, static (writer, state) =>
    {
        using (writer.EnterTag(Tag))
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteInteger(Format);
            StateCodec.WriteBoth(writer, state);
        }
    });

    private static StoredState Read(int number, ref DerReader choice)
    {
        if (number != Tag)
        {
            throw new DerException(new Refusal(RefusalCode.UnknownTag, $"not a state file of this daemon: [{number}], not [{Tag}]"));
        }

        DerReader fields = choice.Enter(DerTag.Sequence);
        if (fields.ReadInteger() is var format and not Format)
        {
            throw new DerException(new Refusal(
                RefusalCode.UnsupportedVersion,
                $"a state file of format {format}; this daemon reads {Format}, so a newer one wrote it"));
        }

        StoredState state = StateCodec.ReadBoth(ref fields, ReadUnikernel);
        fields.End();
        return state;
    }

    private static UnikernelConfig ReadUnikernel(ref DerReader reader)
    {
        UnikernelConfig config = UnikernelConfigCodec.Read(ref reader);
        return config is { Compressed: false, Image.Length: DigestBytes }
            ? config
            : throw new DerException(new Refusal(RefusalCode.Malformed, "a SHA-256 is expected in the place of the image"));
    }
}
