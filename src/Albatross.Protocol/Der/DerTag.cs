namespace Albatross.Protocol.Der;

/// <summary>The identifier bytes of the grammar (X.690 8.1.2): all tags are below 31, so each is one byte.</summary>
internal static class DerTag
{
    public const byte Boolean = 0x01;
    public const byte Integer = 0x02;
    public const byte OctetString = 0x04;
    public const byte Null = 0x05;
    public const byte Utf8String = 0x0c;
    public const byte GeneralizedTime = 0x18;
    public const byte Sequence = 0x30;
    public const byte Set = 0x31;

    private const byte FirstContext = 0xa0;
    private const byte LastContext = 0xbe;      // 0xbf begins the form for tags of 31 and more, which the grammar has none of

    /// <summary>The constructed context tag <paramref name="number"/>.</summary>
    public static byte Context(int number) => (byte)(FirstContext + number);

    /// <summary>The number of a constructed context tag, or -1 when <paramref name="tag"/> is none.</summary>
    public static int ContextNumber(byte tag) => tag is >= FirstContext and <= LastContext ? tag - FirstContext : -1;

    /// <summary>The tag for people.</summary>
    public static string Describe(byte tag) => tag switch
    {
        Boolean => "BOOLEAN",
        Integer => "INTEGER",
        OctetString => "OCTET STRING",
        Null => "NULL",
        Utf8String => "UTF8String",
        GeneralizedTime => "GeneralizedTime",
        Sequence => "SEQUENCE",
        Set => "SET",
        >= FirstContext and <= LastContext => $"[{tag - FirstContext}]",
        _ => $"tag 0x{tag:x2}",
    };
}
