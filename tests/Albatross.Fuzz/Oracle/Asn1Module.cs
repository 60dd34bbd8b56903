using System.Globalization;
using System.Text.RegularExpressions;

namespace Albatross.Fuzz.Oracle;

/// <summary>
/// A small reader of ASN.1 notation (X.680): what albatross5.asn1 uses of it, and nothing else. That file is section 3 of the wire
/// specification, word for word.
/// </summary>
internal sealed partial class Asn1Module
{
    private readonly Dictionary<string, Asn1Type> _types = [];
    private readonly List<Asn1Field> _references = [];
    private readonly string[] _tokens;
    private int _at;

    private Asn1Module(string text)
    {
        _tokens = [.. Token().Matches(Comment().Replace(text, "")).Select(match => match.Value)];
        Take();                                             // the module's name
        Expect("DEFINITIONS", "EXPLICIT", "TAGS", "::=", "BEGIN");
        while (!Next("END"))
        {
            string name = Take();
            Expect("::=");
            Asn1Field field = Type(name);
            Asn1Type type = field.Reference is null ? field.Type : throw new FormatException($"{name} is only another name");
            type.Name = name;
            _types.Add(name, type);
        }

        _references.ForEach(field => field.Type = _types[field.Reference!]);
    }

    /// <summary>The module of wire version 5.</summary>
    public static Asn1Module Albatross5 { get; } = Load();

    /// <summary>A type by its name.</summary>
    public Asn1Type this[string name] => _types[name];

    /// <summary>How many types it has.</summary>
    public int Count => _types.Count;

    /// <summary>Reads a module.</summary>
    public static Asn1Module Parse(string text) => new(text);

    private static Asn1Module Load()
    {
        using Stream stream = typeof(Asn1Module).Assembly.GetManifestResourceStream("albatross5.asn1")!;
        using var reader = new StreamReader(stream);
        return new Asn1Module(reader.ReadToEnd());
    }

    // [3] IMPLICIT SEQUENCE { … }, of which the name has been taken. After a list OPTIONAL belongs to the list and not to its element.
    private Asn1Field Type(string name, bool isElement = false)
    {
        int? tag = null;
        bool isImplicit = false;
        if (Skip("["))
        {
            tag = (int)Number();
            Expect("]");
            isImplicit = Skip("IMPLICIT");
        }

        string word = Take();
        Asn1Type? type = Constructed(word) ?? Primitive(word);
        var field = new Asn1Field
        {
            Name = name,
            Tag = tag,
            IsImplicit = isImplicit,
            IsOptional = !isElement && Skip("OPTIONAL"),
            Reference = type is null ? word : null,
        };
        if (type is null)
        {
            _references.Add(field);
        }
        else
        {
            field.Type = type;
        }

        return field;
    }

    private Asn1Type? Constructed(string word)
    {
        bool isList = word is "SEQUENCE" or "SET" && Skip("OF");
        return (word, isList) switch
        {
            ("SEQUENCE", true) => new Asn1Type { Kind = Asn1Kind.SequenceOf, Element = Type("", isElement: true) },
            ("SET", true) => new Asn1Type { Kind = Asn1Kind.SetOf, Element = Type("", isElement: true) },
            ("SEQUENCE", _) => new Asn1Type { Kind = Asn1Kind.Sequence, Fields = Fields() },
            ("CHOICE", _) => new Asn1Type { Kind = Asn1Kind.Choice, Fields = Fields() },
            _ => null,
        };
    }

    private Asn1Type? Primitive(string word)
    {
        switch (word)
        {
            case "BOOLEAN": return new Asn1Type { Kind = Asn1Kind.Boolean };
            case "NULL": return new Asn1Type { Kind = Asn1Kind.Null };
            case "UTF8String": return new Asn1Type { Kind = Asn1Kind.Utf8String };
            case "GeneralizedTime": return new Asn1Type { Kind = Asn1Kind.GeneralizedTime };
            case "INTEGER":
                (Int128? smallest, Int128? largest) = Range();
                return new Asn1Type { Kind = Asn1Kind.Integer, Smallest = smallest, Largest = largest };
            case "OCTET":
                Expect("STRING");
                return new Asn1Type { Kind = Asn1Kind.OctetString, Size = Size() };
            default:
                return char.IsAsciiLetterUpper(word[0]) ? null : throw new FormatException($"{word} where a type belongs");
        }
    }

    private ImmutableArray<Asn1Field> Fields()
    {
        Expect("{");
        var fields = ImmutableArray.CreateBuilder<Asn1Field>();
        do
        {
            fields.Add(Type(Take()));
        }
        while (Skip(","));

        Expect("}");
        return fields.DrainToImmutable();
    }

    private (Int128? Smallest, Int128? Largest) Range()
    {
        if (!Skip("("))
        {
            return (null, null);
        }

        Int128 smallest = Number();
        Int128 largest = Skip("..") ? Number() : smallest;
        Expect(")");
        return (smallest, largest);
    }

    private int? Size()
    {
        if (!Skip("("))
        {
            return null;
        }

        Expect("SIZE", "(");
        int size = (int)Number();
        Expect(")", ")");
        return size;
    }

    private Int128 Number() => Int128.Parse(Take(), CultureInfo.InvariantCulture);

    private string Take() => _tokens[_at++];

    private bool Next(string token) => _tokens[_at] == token;

    private bool Skip(string token)
    {
        bool there = Next(token);
        _at += there ? 1 : 0;
        return there;
    }

    private void Expect(params ReadOnlySpan<string> tokens)
    {
        foreach (string token in tokens)
        {
            if (!Skip(token))
            {
                throw new FormatException($"{token} expected, not {_tokens[_at]}");
            }
        }
    }

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"::=|\.\.|[{}\[\](),]|-?[0-9]+|[A-Za-z][A-Za-z0-9-]*")]
    private static partial Regex Token();
}
