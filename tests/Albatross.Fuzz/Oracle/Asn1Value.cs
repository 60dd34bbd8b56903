namespace Albatross.Fuzz.Oracle;

/// <summary>A value as the schema sees it: a tree of named parts.</summary>
internal sealed class Asn1Value(Asn1Type type)
{
    /// <summary>Its type.</summary>
    public Asn1Type Type { get; } = type;

    /// <summary>The content of a string; of a name or time in its canonical form.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>The value of a BOOLEAN (0 or 1) or INTEGER.</summary>
    public long Number { get; init; }

    /// <summary>The fields of a SEQUENCE that are present, or the one alternative of a CHOICE.</summary>
    public List<(Asn1Field Field, Asn1Value Value)> Parts { get; init; } = [];

    /// <summary>The elements of a list.</summary>
    public List<Asn1Value> Items { get; init; } = [];

    /// <summary>The part called <paramref name="name"/>, or null.</summary>
    public Asn1Value? this[string name] => Parts.FirstOrDefault(part => part.Field.Name == name).Value;
}

/// <summary>What the oracle makes of an input.</summary>
/// <param name="Value">The value; null when it is refused.</param>
/// <param name="IsUnknown">Whether it is good but for a choice that wire version 5 of Albatross 2.7 does not have.</param>
/// <param name="Elements">How many elements of lists were seen, also when it is refused.</param>
internal readonly record struct Opinion(Asn1Value? Value, bool IsUnknown, int Elements)
{
    /// <summary>Whether it is good.</summary>
    public bool Accepts => Value is not null;
}
