namespace Albatross.Tender;

/// <summary>What the first look at the arguments finds (section 2 of the ABI description): the options are not interpreted yet.</summary>
internal abstract record FirstPass
{
    private FirstPass() { }

    /// <summary>--help stands among the options.</summary>
    internal sealed record Help : FirstPass;

    /// <summary>--version stands among the options.</summary>
    internal sealed record Version : FirstPass;

    /// <summary>There is no KERNEL.</summary>
    internal sealed record NoKernel : FirstPass;

    /// <summary>Options, KERNEL and ARGS, each as bytes.</summary>
    internal sealed record Run(byte[][] Options, byte[] Kernel, byte[][] GuestArguments) : FirstPass;
}

/// <summary>solo5-hvt's command line: <c>[OPTIONS] [--] KERNEL [ARGS]</c>, read in two passes.</summary>
internal static class TenderArguments
{
    /// <summary>Walks the arguments that begin with '-', up to the first that does not or past a "--".</summary>
    internal static FirstPass Split(ReadOnlySpan<byte[]> arguments)
    {
        List<byte[]> options = [];
        int at = 0;
        for (; at < arguments.Length && arguments[at].AsSpan().StartsWith("-"u8); at++)
        {
            ReadOnlySpan<byte> argument = arguments[at];
            if (argument.SequenceEqual("--help"u8))
            {
                return new FirstPass.Help();
            }

            if (argument.SequenceEqual("--version"u8))
            {
                return new FirstPass.Version();
            }

            if (argument.SequenceEqual("--"u8))
            {
                at++;
                break;
            }

            options.Add(arguments[at]);
        }

        return at < arguments.Length
            ? new FirstPass.Run([.. options], arguments[at], arguments[(at + 1)..].ToArray())
            : new FirstPass.NoKernel();
    }

    /// <summary>The guest's command line: the arguments joined by single spaces, bytes unchanged.</summary>
    internal static byte[] Join(byte[][] guestArguments)
    {
        List<byte> line = [];
        for (int i = 0; i < guestArguments.Length; i++)
        {
            if (i > 0)
            {
                line.Add((byte)' ');
            }

            line.AddRange(guestArguments[i]);
        }

        return [.. line];
    }
}
