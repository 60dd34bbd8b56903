using System.Buffers.Binary;

namespace Albatross.Client.Inspection;

/// <summary>What is inspected.</summary>
internal enum InspectionKind
{
    /// <summary>Messages: one in DER, or any number in frames as on a socket.</summary>
    Wire = 0,

    /// <summary>The value of the certificate extension.</summary>
    Extension = 1,

    /// <summary>A state file.</summary>
    State = 2,

    /// <summary>Certificates in PEM, or one in DER.</summary>
    Certificate = 3,

    /// <summary>A signing request in PEM or DER.</summary>
    Request = 4,
}

/// <summary>Tells the kinds apart by how they begin.</summary>
internal static class Recognition
{
    private const byte Sequence = 0x30;
    private const byte Integer = 0x02;
    private const byte OctetString = 0x04;
    private const byte FirstContext = 0xa0;
    private const byte LastStateVersion = 0xa8;

    /// <summary>The kind of <paramref name="bytes"/>; null when they begin like none.</summary>
    public static InspectionKind? KindOf(ReadOnlySpan<byte> bytes)
    {
        if (IsPem(bytes))
        {
            // A request stands alone; whatever else is in PEM is read as certificates, which says what is missing.
            return bytes.IndexOf("CERTIFICATE REQUEST-----"u8) >= 0 ? InspectionKind.Request : InspectionKind.Certificate;
        }

        return bytes switch
        {
            [>= FirstContext and <= LastStateVersion, ..] => InspectionKind.State,
            [Sequence, ..] => KindOfSequence(bytes),
            _ when IsFramed(bytes) => InspectionKind.Wire,
            _ => null,
        };
    }

    /// <summary>Whether <paramref name="bytes"/> are text with a PEM block.</summary>
    public static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN "u8) is var at and >= 0
        && !bytes[..at].Contains((byte)0) && bytes[0] != Sequence;

    /// <summary>Whether <paramref name="bytes"/> begin with the four bytes of a frame's length and a message.</summary>
    public static bool IsFramed(ReadOnlySpan<byte> bytes) =>
        bytes.Length > sizeof(int) && bytes[0] != Sequence && bytes[sizeof(int)] == Sequence
        && BinaryPrimitives.ReadInt32BigEndian(bytes) > 0;

    // extension   SEQUENCE { INTEGER …
    // wire        SEQUENCE { SEQUENCE { INTEGER version, OCTET STRING sequence …
    // request     SEQUENCE { SEQUENCE { INTEGER 0, SEQUENCE subject …
    // certificate SEQUENCE { SEQUENCE { [0] version …, or, of version 1, { INTEGER serial, SEQUENCE algorithm …
    private static InspectionKind? KindOfSequence(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> first = Content(bytes);
        if (first is not [Sequence, ..])
        {
            return first is [Integer, ..] ? InspectionKind.Extension : null;
        }

        ReadOnlySpan<byte> header = Content(first);
        if (header is not [Integer, ..])
        {
            return header is [FirstContext, ..] ? InspectionKind.Certificate : null;
        }

        ReadOnlySpan<byte> number = Content(header);
        ReadOnlySpan<byte> afterNumber = number[Math.Min(number.Length, header[1])..];
        return afterNumber switch
        {
            [OctetString, ..] => InspectionKind.Wire,
            [Sequence, ..] => number is [0, Sequence, ..] ? InspectionKind.Request : InspectionKind.Certificate,
            _ => null,
        };
    }

    // What follows tag and length, as far as it goes: lengths are for the codecs to judge.
    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> element)
    {
        int header = element is [_, > 0x80 and var length, ..] ? 2 + length - 0x80 : 2;
        return element[Math.Min(header, element.Length)..];
    }
}
