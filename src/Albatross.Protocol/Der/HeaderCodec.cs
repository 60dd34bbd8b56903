using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>Header ::= SEQUENCE { version INTEGER (5), sequence Int64, name Name } (wire specification, sections 3 and 13).</summary>
internal static class HeaderCodec
{
    public static Header Read(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ReadVersion(ref fields);
        var header = new Header(fields.ReadInt64(), fields.ReadName());
        fields.End();
        return header;
    }

    public static void Write(DerWriter writer, Header header)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteInteger(Header.Version);
            writer.WriteInt64(header.Sequence);
            writer.WriteName(header.Name);
        }
    }

    /// <summary>Insists on version 5. What follows another number may be of another grammar, so nothing else is read before.</summary>
    public static void ReadVersion(ref DerReader fields)
    {
        long version = fields.ReadInteger();
        if (version != Header.Version)
        {
            // The original prints its 63-bit integers without a sign.
            string text = $"unknown version number 0x{version & long.MaxValue:x}";
            throw new DerException(new Refusal(RefusalCode.UnsupportedVersion, text));
        }
    }
}
