using System.Formats.Asn1;

namespace Albatross.Benchmarks;

/// <summary>
/// The yardstick: System.Formats.Asn1 over the same bytes. The walk reads every element and copies no string; the writing puts the same
/// elements into a writer and takes the encoding out of it.
/// </summary>
internal static class PlatformAsn1
{
    /// <summary>Reads every element with BER rules, because the three digits of our times are no DER; returns how many there are.</summary>
    public static int Walk(ReadOnlyMemory<byte> bytes) => Walk(ReaderOf(bytes));

    /// <summary>A plan of what <see cref="Write"/> writes, so that only the writing is measured.</summary>
    public static ImmutableArray<Element> Plan(ReadOnlyMemory<byte> bytes)
    {
        var plan = ImmutableArray.CreateBuilder<Element>();
        AsnReader reader = ReaderOf(bytes);
        while (reader.HasData)
        {
            Asn1Tag tag = reader.PeekTag();
            ReadOnlyMemory<byte> content = reader.PeekContentBytes();
            ReadOnlyMemory<byte> whole = reader.ReadEncodedValue();
            plan.Add(new Element(tag, whole, tag.IsConstructed ? Plan(content) : []));
        }

        return plan.DrainToImmutable();
    }

    /// <summary>The same bytes, by the platform's writer.</summary>
    public static byte[] Write(ImmutableArray<Element> plan)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        WriteAll(writer, plan);
        return writer.Encode();
    }

    private static AsnReader ReaderOf(ReadOnlyMemory<byte> bytes) =>
        new(bytes, AsnEncodingRules.BER, new AsnReaderOptions { SkipSetSortOrderVerification = true });

    private static int Walk(AsnReader reader)
    {
        int count = 0;
        for (; reader.HasData; count++)
        {
            Asn1Tag tag = reader.PeekTag();
            if (tag == Asn1Tag.Integer && reader.TryReadInt64(out long _))
            {
                continue;
            }

            if (tag == Asn1Tag.PrimitiveOctetString && reader.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> _))
            {
                continue;
            }

            if (tag.IsConstructed)
            {
                count += Walk(tag == Asn1Tag.SetOf ? reader.ReadSetOf() : reader.ReadSequence(tag));
                continue;
            }

            ReadPrimitive(reader, tag);
        }

        return count;
    }

    private static void ReadPrimitive(AsnReader reader, Asn1Tag tag)
    {
        switch ((UniversalTagNumber)tag.TagValue)
        {
            case UniversalTagNumber.Boolean: reader.ReadBoolean(); break;
            case UniversalTagNumber.Null: reader.ReadNull(); break;
            case UniversalTagNumber.GeneralizedTime: reader.ReadGeneralizedTime(); break;
            case UniversalTagNumber.UTF8String: reader.TryReadPrimitiveCharacterStringBytes(tag, out _); break;
            default: reader.ReadEncodedValue(); break;
        }
    }

    private static void WriteAll(AsnWriter writer, ImmutableArray<Element> plan)
    {
        foreach (Element element in plan)
        {
            if (!element.Tag.IsConstructed)
            {
                writer.WriteEncodedValue(element.Whole.Span);
            }
            else if (element.Tag == Asn1Tag.SetOf)
            {
                using (writer.PushSetOf())
                {
                    WriteAll(writer, element.Below);
                }
            }
            else
            {
                using (writer.PushSequence(element.Tag))
                {
                    WriteAll(writer, element.Below);
                }
            }
        }
    }

    /// <summary>One element: its encoding when it is primitive, and what is below it when it is constructed.</summary>
    internal sealed record Element(Asn1Tag Tag, ReadOnlyMemory<byte> Whole, ImmutableArray<Element> Below);
}
