using System.Globalization;
using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>
/// A description as it is being written: nested fields and lists of values. What is described is said once, by the describing classes
/// beside this one; the two notations are <see cref="JsonOutline"/> for programs and <see cref="TextOutline"/> for people.
/// </summary>
internal abstract class Outline
{
    /// <summary>Names the value that comes next.</summary>
    public abstract Outline Key(string key);

    /// <summary>Begins fields, each of which begins with <see cref="Key"/>.</summary>
    public abstract void BeginFields();

    /// <summary>Ends fields.</summary>
    public abstract void EndFields();

    /// <summary>Begins values without names.</summary>
    public abstract void BeginList();

    /// <summary>Ends them.</summary>
    public abstract void EndList();

    /// <summary>One of our own words, a name or an instant: printable ASCII.</summary>
    public abstract void Word(string word);

    /// <summary>A stranger's text, in UTF-16: any characters.</summary>
    public abstract void Foreign(string text);

    /// <summary>A stranger's text: any bytes.</summary>
    public abstract void Text(RawText text);

    /// <summary>A number of at most 63 bits.</summary>
    public abstract void Number(long number);

    /// <summary>A number of 64 bits, which many readers of JSON would round.</summary>
    public abstract void Number64(long number);

    /// <summary>Yes or no.</summary>
    public abstract void Boolean(bool value);

    /// <summary>Something optional that is not there.</summary>
    public abstract void Absent();

    /// <summary>The content of a choice that has none: its name says it all.</summary>
    public abstract void Nothing();

    /// <summary>Bytes in hexadecimal digits, however many.</summary>
    public abstract void Octets(ReadOnlySpan<byte> bytes);

    /// <summary>Fields around <paramref name="write"/>.</summary>
    public void Fields(Action write)
    {
        BeginFields();
        write();
        EndFields();
    }

    /// <summary>One field and nothing else: how a choice is written.</summary>
    public void Choice(string key, Action write) => Fields(() =>
    {
        Key(key);
        write();
    });

    /// <summary>A list of all <paramref name="items"/>.</summary>
    public void List<T>(IEnumerable<T> items, Action<T> write)
    {
        BeginList();
        foreach (T item in items)
        {
            write(item);
        }

        EndList();
    }

    /// <summary>An optional number.</summary>
    public void Number(long? number)
    {
        if (number is { } value)
        {
            Number(value);
        }
        else
        {
            Absent();
        }
    }

    /// <summary>An optional text.</summary>
    public void Text(RawText? text)
    {
        if (text is { } value)
        {
            Text(value);
        }
        else
        {
            Absent();
        }
    }

    /// <summary>Optional bytes.</summary>
    public void OptionalOctets(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is { } value)
        {
            Octets(value.Span);
        }
        else
        {
            Absent();
        }
    }

    /// <summary>An instant, in the form of the golden vectors: RFC 3339 with twelve digits.</summary>
    public void Instant(DateTimeOffset instant) =>
        Word(instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) + "00000-00:00");
}
