using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Boot arguments as the guest gets them: <c>--name=LABEL</c> if wanted, then the arguments, joined by single spaces.</summary>
public static class GuestCommandLine
{
    /// <summary>The longest command line in bytes, without its end (Solo5 hvt ABI, section 2).</summary>
    public const int MaxLength = 8191;

    /// <summary>Joins them, or refuses what the guest cannot be given.</summary>
    public static bool TryJoin(
        Name name, UnikernelSettings settings, out ReadOnlyMemory<byte> line, [NotNullWhen(false)] out Refusal? refusal)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        if (settings.AddName)
        {
            parts.Add(Encoding.ASCII.GetBytes($"--name={name.Label}"));
        }

        parts.AddRange((settings.Arguments ?? []).Select(argument => argument.Bytes));
        long length = parts.Sum(part => (long)part.Length) + Math.Max(0, parts.Count - 1);
        bool hasNul = parts.Any(part => part.Span.Contains((byte)0));
        refusal = (length, hasNul) switch
        {
            ( > MaxLength, _) => new Refusal(
                RefusalCode.TooLarge, $"boot arguments have {length} bytes together, at most {MaxLength} are possible"),
            (_, true) => new Refusal(RefusalCode.InvalidValue, "a boot argument has a byte 0, which ends a command line"),
            _ => null,
        };
        if (refusal is not null)
        {
            line = default;
            return false;
        }

        byte[] joined = new byte[length];
        int at = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            if (i > 0)
            {
                joined[at++] = (byte)' ';
            }

            parts[i].CopyTo(joined.AsMemory(at));
            at += parts[i].Length;
        }

        line = joined;
        return true;
    }
}
