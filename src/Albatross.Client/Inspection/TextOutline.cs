using System.Globalization;
using System.Text;
using Albatross.Client.Output;
using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>
/// Indented lines for people. Words are bare, texts of strangers in double quotes and escaped, so that they can neither pass for a word
/// nor drive a terminal.
/// <code>
/// payload:
///   command:
///     console:
///       subscribe:
///         count: 20
/// </code>
/// </summary>
internal sealed class TextOutline(TextWriter writer) : Outline
{
    private const int Step = 2;
    private const int BytesPerSegment = 16 << 10;

    private readonly Stack<Level> _levels = new();
    private string? _key;
    private bool _isAfterDash;
    private int _indent;

    /// <inheritdoc/>
    public override Outline Key(string key)
    {
        _key = key;
        return this;
    }

    /// <inheritdoc/>
    public override void BeginFields()
    {
        if (_levels.Count == 0)
        {
            _levels.Push(new Level(IsList: false, _indent));
            return;
        }

        bool isItem = _levels.Peek().IsList;
        Lead();
        if (!isItem)
        {
            writer.WriteLine(":");
        }

        _levels.Push(new Level(IsList: false, _indent));
        _isAfterDash = isItem;
        _indent += Step;
    }

    /// <inheritdoc/>
    public override void EndFields()
    {
        if (_isAfterDash)
        {
            writer.WriteLine("nothing");
            _isAfterDash = false;
        }

        _indent = _levels.Pop().Indent;
    }

    /// <inheritdoc/>
    public override void BeginList()
    {
        Lead();
        _levels.Push(new Level(IsList: true, _indent));
        _indent += Step;
    }

    /// <inheritdoc/>
    public override void EndList()
    {
        Level level = _levels.Pop();
        if (level.Items == 0)
        {
            writer.WriteLine(": none");
        }

        _indent = level.Indent;
    }

    /// <inheritdoc/>
    public override void Word(string word) => Line(word);

    /// <inheritdoc/>
    public override void Foreign(string text) => Line($"\"{ReplyText.Escape(Encoding.UTF8.GetBytes(text))}\"");

    /// <inheritdoc/>
    public override void Text(RawText text) => Line($"\"{ReplyText.Escape(text.Bytes.Span)}\"");

    /// <inheritdoc/>
    public override void Number(long number) => Line(number.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override void Number64(long number) => Number(number);

    /// <inheritdoc/>
    public override void Boolean(bool value) => Line(value ? "yes" : "no");

    /// <inheritdoc/>
    public override void Absent() => Line("not given");

    /// <inheritdoc/>
    public override void Nothing()
    {
        Lead();
        writer.WriteLine();
    }

    /// <inheritdoc/>
    public override void Octets(ReadOnlySpan<byte> bytes)
    {
        LeadToValue();
        if (bytes.IsEmpty)
        {
            writer.Write("no bytes");
        }

        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(BytesPerSegment, bytes.Length)..])
        {
            writer.Write(Convert.ToHexStringLower(bytes[..Math.Min(BytesPerSegment, bytes.Length)]));
        }

        writer.WriteLine();
    }

    private void Line(string value)
    {
        LeadToValue();
        writer.WriteLine(value);
    }

    private void LeadToValue()
    {
        bool isItem = _levels.Peek().IsList;
        Lead();
        writer.Write(isItem ? "" : ": ");
    }

    // What stands before a value: the indent and its key, or the dash of a list. The first field of an item stands beside the dash.
    private void Lead()
    {
        if (_levels.Peek().IsList)
        {
            Level list = _levels.Pop();
            if (list.Items == 0)
            {
                writer.WriteLine(":");
            }

            _levels.Push(list with { Items = list.Items + 1 });
            writer.Write(new string(' ', _indent));
            writer.Write("- ");
            return;
        }

        writer.Write(new string(' ', _isAfterDash ? 0 : _indent));
        writer.Write(_key);
        _isAfterDash = false;
        _key = null;
    }

    private sealed record Level(bool IsList, int Indent, int Items = 0);
}
