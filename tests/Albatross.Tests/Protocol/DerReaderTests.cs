using System.Globalization;
using Albatross.Policy;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Protocol;

/// <summary>The rules of wire specification, section 2, one named line each; <c>+n</c> at the end of the hex adds n zero bytes.</summary>
public sealed class DerReaderTests
{
    [Theory]
    [InlineData("false", "boolean", "010100", "False")]
    [InlineData("true", "boolean", "0101ff", "True")]
    [InlineData("any byte but 0 is true", "boolean", "010101", "True")]
    [InlineData("zero", "integer", "020100", "0")]
    [InlineData("127", "integer", "02017f", "127")]
    [InlineData("128 needs a leading 0", "integer", "02020080", "128")]
    [InlineData("256", "integer", "02020100", "256")]
    [InlineData("-1", "integer", "0201ff", "-1")]
    [InlineData("-128", "integer", "020180", "-128")]
    [InlineData("-129", "integer", "0202ff7f", "-129")]
    [InlineData("2147483648", "integer", "02050080000000", "2147483648")]
    [InlineData("the largest", "integer", "02083fffffffffffffff", "4611686018427387903")]
    [InlineData("the smallest", "integer", "0208c000000000000000", "-4611686018427387904")]
    [InlineData("2^31 wraps round", "int32", "02050080000000", "-2147483648")]
    [InlineData("2^32 wraps to 0", "int32", "02050100000000", "0")]
    [InlineData("-2^31-1 wraps round", "int32", "0205ff7fffffff", "2147483647")]
    [InlineData("eight bytes", "int64", "0408ffffffffffffff85", "-123")]
    [InlineData("the first eight of nine", "int64", "0409000000000000000507", "5")]
    [InlineData("no octets", "octets", "0400", "")]
    [InlineData("length in short form", "octets", "0402abcd", "abcd")]
    [InlineData("no text", "text", "0c00", "")]
    [InlineData("text that is not UTF-8", "text", "0c03ff00c3", "ff00c3")]
    [InlineData("null", "null", "0500", "null")]
    [InlineData("an address", "mac", "0406008041cd8aeb", "00:80:41:cd:8a:eb")]
    [InlineData("a name", "name", "0c07464f4f3a426172", "foo:bar")]
    [InlineData("an empty set", "set", "3100", "")]
    [InlineData("a set in any order, duplicates and all", "set", "310c020102020101020102020101", "1,2")]
    public void Good_bytes_are_read(string name, string type, string hex, string expected) =>
        Assert.Equal((name, expected), (name, Read(type, hex)));

    [Theory]
    [InlineData("no bytes", "integer", "", "INTEGER expected, but nothing follows")]
    [InlineData("a tag and nothing else", "integer", "02", "the bytes end before a length")]
    [InlineData("content cut off", "octets", "0403abcd", "the bytes end before the end of an element")]
    [InlineData("length cut off", "octets", "048201", "the bytes end before the end of an element")]
    [InlineData("a length of 2^31", "octets", "048480000000", "the bytes end before the end of an element")]
    [InlineData("a length of five bytes", "octets", "04850100000000", "the bytes end before the end of an element")]
    [InlineData("the reserved length ff", "octets", "04ff00", "the bytes end before the end of an element")]
    [InlineData("indefinite length", "set", "31800000", "indefinite length")]
    [InlineData("indefinite length, primitive", "octets", "04800000", "indefinite length")]
    [InlineData("126 in long form", "octets", "04817e+126", "redundant length")]
    [InlineData("128 with a leading 0", "octets", "04820080+128", "redundant length")]
    [InlineData("127 in three bytes", "octets", "0482007f+127", "redundant length")]
    [InlineData("trailing bytes", "integer", "02010500", "trailing bytes: nothing expected, not tag 0x00")]
    [InlineData("another element behind", "integer", "0201050500", "trailing bytes: nothing expected, not NULL")]
    [InlineData("another type", "integer", "0a0109", "INTEGER expected, not tag 0x0a")]
    [InlineData("constructed octets", "octets", "240404027f45", "OCTET STRING expected, not tag 0x24")]
    [InlineData("constructed text", "text", "2c040c027f45", "UTF8String expected, not tag 0x2c")]
    [InlineData("PrintableString", "text", "130161", "UTF8String expected, not tag 0x13")]
    [InlineData("a tag in the form for large numbers", "integer", "1f020105", "INTEGER expected, not tag 0x1f")]
    [InlineData("boolean of no bytes", "boolean", "0100", "a BOOLEAN of 0 bytes")]
    [InlineData("boolean of two bytes", "boolean", "0102ffff", "a BOOLEAN of 2 bytes")]
    [InlineData("integer of no bytes", "integer", "0200", "an INTEGER without bytes")]
    [InlineData("integer with a redundant 00", "integer", "02020009", "an INTEGER in redundant form")]
    [InlineData("integer with a redundant ff", "integer", "0202ffff", "an INTEGER in redundant form")]
    [InlineData("2^62", "integer", "02084000000000000000", "the INTEGER 4611686018427387904: only 63 bits are allowed")]
    [InlineData("-2^62-1", "integer", "0208bfffffffffffffff", "the INTEGER -4611686018427387905: only 63 bits are allowed")]
    [InlineData("2^63", "integer", "0209008000000000000000", "an INTEGER of 9 bytes: only 63 bits are allowed")]
    [InlineData("64-bit number of seven bytes", "int64", "040700000000000005", "a 64-bit number of 7 bytes")]
    [InlineData("64-bit number as INTEGER", "int64", "020105", "OCTET STRING expected, not INTEGER")]
    [InlineData("null with content", "null", "050100", "a NULL of 1 bytes")]
    [InlineData("address of five bytes", "mac", "0405008041cd8a", "an Ethernet address of 5 bytes")]
    [InlineData("address of seven bytes", "mac", "0407008041cd8aebff", "an Ethernet address of 7 bytes")]
    [InlineData("UTCTime", "time", "170d3233303331323233343231355a", "GeneralizedTime expected, not tag 0x17")]
    [InlineData("time without digits", "time", "1800", "a GeneralizedTime that is out of range or of unknown form")]
    [InlineData("an element of a set cut off", "set", "3103020201", "the bytes end before the end of an element")]
    [InlineData("a set of something else", "set", "31020500", "INTEGER expected, not NULL")]
    [InlineData("a sequence for a set", "set", "3003020101", "SET expected, not SEQUENCE")]
    [InlineData("a choice of nothing", "choice", "", "a choice expected, but nothing follows")]
    [InlineData("a choice in primitive form", "choice", "9300", "a choice expected, not tag 0x93")]
    [InlineData("a choice in the form for large numbers", "choice", "bf13020500", "a choice expected, not tag 0xbf")]
    [InlineData("two values below a tag", "choice", "a00405000500", "trailing bytes: nothing expected, not NULL")]
    [InlineData("no value below a tag", "choice", "a000", "NULL expected, but nothing follows")]
    public void Malformed_bytes_are_refused_with_a_reason(string name, string type, string hex, string reason)
    {
        var exception = Assert.Throws<DerException>(() => Read(type, hex));

        Assert.Equal((name, reason, RefusalCode.Malformed), (name, exception.Refusal.Text, exception.Refusal.Code));
    }

    [Theory]
    [InlineData(127, "04817f")]
    [InlineData(127, "047f")]
    [InlineData(128, "048180")]
    [InlineData(256, "04820100")]
    [InlineData(65536, "0483010000")]
    public void Lengths_are_read_in_their_shortest_form_and_127_in_the_next_as_well(int length, string header)
    {
        byte[] bytes = [.. Convert.FromHexString(header), .. new byte[length]];
        var reader = new DerReader(bytes, ElementBudget.ForCommand());

        Assert.Equal(length, reader.ReadOctets().Length);
        Assert.True(reader.IsEmpty);
    }

    private static string? Read(string type, string hex)
    {
        string[] parts = hex.Split('+');
        byte[] zeros = new byte[parts.Length == 1 ? 0 : int.Parse(parts[1], CultureInfo.InvariantCulture)];
        byte[] bytes = [.. Convert.FromHexString(parts[0]), .. zeros];
        var reader = new DerReader(bytes, ElementBudget.ForCommand());
        string? value = type switch
        {
            "boolean" => reader.ReadBoolean().ToString(),
            "integer" => reader.ReadInteger().ToString(CultureInfo.InvariantCulture),
            "int32" => reader.ReadInt32().ToString(CultureInfo.InvariantCulture),
            "int64" => reader.ReadInt64().ToString(CultureInfo.InvariantCulture),
            "octets" => Convert.ToHexStringLower(reader.ReadOctets().Span),
            "text" => Convert.ToHexStringLower(reader.ReadText().Bytes.Span),
            "null" => reader.ReadNullAs("null"),
            "mac" => reader.ReadMac().ToString(),
            "name" => reader.ReadName().ToString(),
            "time" => reader.ReadTime().ToString(CultureInfo.InvariantCulture),
            "set" => reader.ReadIntegerSet(DerTag.Set).ToString(),
            "choice" => ReadNullChoice(ref reader),
            _ => throw new ArgumentException("unknown type", nameof(type)),
        };
        reader.End();
        return value;
    }

    private static string ReadNullChoice(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        string value = choice.ReadNullAs(number.ToString(CultureInfo.InvariantCulture));
        choice.End();
        return value;
    }
}
