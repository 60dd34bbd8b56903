using System.Globalization;
using Albatross.Linux;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>The jail's command line: <c>[OPTIONS] -- PROGRAM [ARGS]</c>, and what ARGS, a tender's command line, say about files.</summary>
internal sealed class JailArguments
{
    private readonly List<(byte[] Path, PathAccess Access)> _paths = [];
    private readonly List<int> _kept = [];

    private JailArguments() { }

    /// <summary>The user that was asked for.</summary>
    internal UnikernelUser? User { get; private set; }

    /// <summary>The program as it was written.</summary>
    internal byte[] Program { get; private set; } = [];

    /// <summary>Its arguments.</summary>
    internal byte[][] Arguments { get; private set; } = [];

    /// <summary>Files that the program needs, from options and from its arguments.</summary>
    internal IReadOnlyList<(byte[] Path, PathAccess Access)> Paths => _paths;

    /// <summary>Descriptors that stay open.</summary>
    internal IReadOnlyList<int> Kept => _kept;

    /// <summary>Whether the program attaches taps.</summary>
    internal bool AttachesTaps { get; private set; }

    /// <summary>Null, and what is wrong, if it is none.</summary>
    internal static JailArguments? Parse(ReadOnlySpan<byte[]> arguments, out string wrong)
    {
        var parsed = new JailArguments();
        int at = 0;
        for (; at < arguments.Length && arguments[at].AsSpan().StartsWith("-"u8); at++)
        {
            if (arguments[at].AsSpan().SequenceEqual("--"u8))
            {
                at++;
                break;
            }

            if (!parsed.Take(arguments[at]))
            {
                wrong = $"Invalid option: `{RawArguments.TextOf(arguments[at])}'";
                return null;
            }
        }

        wrong = "Missing PROGRAM operand";
        if (at >= arguments.Length)
        {
            return null;
        }

        parsed.Program = arguments[at];
        parsed.Arguments = arguments[(at + 1)..].ToArray();
        parsed.LookAt(parsed.Arguments);
        return parsed;
    }

    private bool Take(byte[] option)
    {
        ReadOnlySpan<byte> text = option;
        if (text.StartsWith("--user="u8))
        {
            return TakeUser(text["--user="u8.Length..]);
        }

        if (text.StartsWith("--keep="u8))
        {
            return Keep(text["--keep="u8.Length..]);
        }

        PathAccess access = text.StartsWith("--read="u8) ? PathAccess.Read
            : text.StartsWith("--write="u8) ? PathAccess.Read | PathAccess.Write : PathAccess.None;
        byte[] path = text[(text.IndexOf((byte)'=') + 1)..].ToArray();
        if (access == PathAccess.None || path.Length == 0)
        {
            return false;
        }

        _paths.Add((path, access));
        return true;
    }

    private bool TakeUser(ReadOnlySpan<byte> text)
    {
        int colon = text.IndexOf((byte)':');
        bool isUser = TryNumber(colon < 0 ? text : text[..colon], out int user);
        int group = user;
        bool isGroup = colon < 0 || TryNumber(text[(colon + 1)..], out group);
        User = new UnikernelUser((uint)user, (uint)group);
        return isUser && isGroup && user > 0 && group > 0;
    }

    private bool Keep(ReadOnlySpan<byte> text)
    {
        const int First = 3;
        bool isNumber = TryNumber(text, out int descriptor) && descriptor >= First;
        if (isNumber)
        {
            _kept.Add(descriptor);
        }

        return isNumber;
    }

    /// <summary>The grammar of solo5-hvt and solo5-spt; a tender of ours has its target before that.</summary>
    private void LookAt(ReadOnlySpan<byte[]> words)
    {
        if (words is [var first, ..] && (first.AsSpan().SequenceEqual("hvt"u8) || first.AsSpan().SequenceEqual("spt"u8)))
        {
            words = words[1..];
        }

        if (TenderArguments.Split(words) is not FirstPass.Run run)
        {
            return;
        }

        _paths.Add((run.Kernel, PathAccess.Read));
        foreach (byte[] option in run.Options)
        {
            ReadOnlySpan<byte> text = option;
            int equals = text.IndexOf((byte)'=');
            if (text.StartsWith("--block:"u8) && equals > 0)
            {
                _paths.Add((text[(equals + 1)..].ToArray(), PathAccess.Read | PathAccess.Write));
            }

            if (text.StartsWith("--net:"u8))
            {
                AttachesTaps = true;
                _ = text[(equals + 1)..].StartsWith("@"u8) && Keep(text[(equals + 2)..]);
            }
        }
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
