using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Frames;

namespace Albatross.Protocol.Der;

/// <summary>
/// Wire ::= SEQUENCE { header Header, payload CHOICE { command [0], success [1], failure [2] UTF8String, data [3] } }: the content of one
/// frame (wire specification, section 3). One encoding per value when written; read as leniently as the original does (section 2).
/// </summary>
/// <example><code>
/// if (!WireCodec.TryDecode(frame, out Wire? wire, out Refusal? refusal)) { … close the connection, log refusal.Text }
/// byte[] reply = WireCodec.EncodeFramed(new Wire.Answer(wire.Header, Reply.Success.Of("created unikernel")));
/// </code></example>
public static class WireCodec
{
    /// <summary>
    /// Reads exactly one message. Texts and images of the result are slices of <paramref name="der"/>, which must stay as it is.
    /// Never throws; takes time in proportion to the input, and memory too but for a bound of a million list elements.
    /// </summary>
    /// <param name="der">The content of a frame.</param>
    /// <param name="wire">The message. Tags of a newer peer are <see cref="Command.Unknown"/> or <see cref="Reply.Unknown"/>.</param>
    /// <param name="refusal">
    /// UnsupportedVersion: the version is not 5. InvalidName: a name breaks the rules of section 5. UnknownTag: neither command nor reply.
    /// TooLarge: lists of more elements than allowed. Malformed: everything else.
    /// </param>
    public static bool TryDecode(ReadOnlyMemory<byte> der, [NotNullWhen(true)] out Wire? wire, [NotNullWhen(false)] out Refusal? refusal)
    {
        try
        {
            var reader = new DerReader(der, ElementBudget.ForReply());
            DerReader fields = reader.Enter(DerTag.Sequence);
            Header header = HeaderCodec.Read(ref fields);
            wire = ReadPayload(header, ref fields);
            fields.End();
            reader.End();
            refusal = null;
            return true;
        }
        catch (DerException e)
        {
            (wire, refusal) = (null, e.Refusal);
            return false;
        }
    }

    /// <summary>The DER of <paramref name="wire"/>. The content is copied once.</summary>
    /// <exception cref="InvalidOperationException">
    /// An Unknown command or reply, or a number of more than 63 bits: neither can be sent.
    /// </exception>
    public static byte[] Encode(Wire wire) => DerWriter.Encode(wire, Write);

    /// <summary>The DER of <paramref name="wire"/> after its length in four bytes: a frame, to be written at once (section 6).</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="Encode"/>.</exception>
    public static byte[] EncodeFramed(Wire wire)
    {
        byte[] frame = DerWriter.Encode(wire, Write, FrameWriter.HeaderBytes);
        FrameWriter.WriteHeader(frame, frame.Length - FrameWriter.HeaderBytes);
        return frame;
    }

    private static Wire ReadPayload(Header header, ref DerReader fields)
    {
        // A command has a smaller budget of list elements than a reply, so it is entered apart.
        if (fields.NextIs(DerTag.Context(0)))
        {
            DerReader below = fields.Enter(DerTag.Context(0), ElementBudget.ForCommand());
            Command command = CommandCodec.Read(ref below);
            below.End();
            return new Wire.Request(header, command);
        }

        DerReader choice = fields.EnterChoice(out int number);
        Reply reply = number switch
        {
            1 => ReplyCodec.ReadSuccess(ref choice),
            2 => new Reply.Failure(choice.ReadText()),
            3 => ReplyCodec.ReadData(ref choice),
            _ => throw new DerException(new Refusal(RefusalCode.UnknownTag, $"unknown payload [{number}]")),
        };
        choice.End();
        return new Wire.Answer(header, reply);
    }

    private static void Write(DerWriter writer, Wire wire)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            HeaderCodec.Write(writer, wire.Header);
            switch (wire)
            {
                case Wire.Request request:
                    using (writer.EnterTag(0))
                    {
                        CommandCodec.Write(writer, request.Command);
                    }

                    break;
                case Wire.Answer answer:
                    ReplyCodec.Write(writer, answer.Reply);
                    break;
                default:
                    throw new UnreachableException($"wire {wire.GetType().Name} has no encoding");
            }
        }
    }
}
