namespace Albatross.Fuzz.Oracle;

/// <summary>The kinds of types that the grammar uses.</summary>
internal enum Asn1Kind
{
    Boolean,
    Integer,
    OctetString,
    Utf8String,
    Null,
    GeneralizedTime,
    Sequence,
    SequenceOf,
    SetOf,
    Choice,
}

/// <summary>A type of the module.</summary>
internal sealed class Asn1Type
{
    /// <summary>What it is.</summary>
    public required Asn1Kind Kind { get; init; }

    /// <summary>Its name in the module; empty for one that stands inside another.</summary>
    public string Name { get; set; } = "";

    /// <summary>Bounds of an INTEGER.</summary>
    public Int128? Smallest { get; init; }

    /// <summary>Bounds of an INTEGER.</summary>
    public Int128? Largest { get; init; }

    /// <summary>SIZE of an OCTET STRING.</summary>
    public int? Size { get; init; }

    /// <summary>Fields of a SEQUENCE, alternatives of a CHOICE.</summary>
    public ImmutableArray<Asn1Field> Fields { get; init; } = [];

    /// <summary>What a list is of.</summary>
    public Asn1Field? Element { get; init; }
}

/// <summary>A field of a SEQUENCE, an alternative of a CHOICE, or the element of a list.</summary>
internal sealed class Asn1Field
{
    private Asn1Type? _type;

    /// <summary>Its identifier; empty for the element of a list.</summary>
    public required string Name { get; init; }

    /// <summary>The number of its context tag.</summary>
    public int? Tag { get; init; }

    /// <summary>Whether the tag takes the place of the type's own.</summary>
    public bool IsImplicit { get; init; }

    /// <summary>Whether it may be missing.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The name of its type, when it is one of the module.</summary>
    public string? Reference { get; init; }

    /// <summary>Its type.</summary>
    public Asn1Type Type
    {
        get => _type ?? throw new InvalidOperationException($"the type of {Name} is not resolved");
        set => _type = value;
    }
}
