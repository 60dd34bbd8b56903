using Albatross.Linux;

namespace Albatross.Tender;

/// <summary>
/// Starts one unikernel from a command line: <c>albatross-tender hvt …</c>. Called by the name solo5-hvt (a link), it takes that program's
/// arguments as they are.
/// </summary>
internal static class Program
{
    private static int Main(string[] decoded)
    {
        StandardDescriptors.OpenMissing();
        (string program, byte[][] arguments) = RawArguments.Read(decoded.Length);
        var messages = new Messages(program);
        if (program == "solo5-hvt")
        {
            return new HvtCommand(messages, program).Run(arguments);
        }

        return arguments switch
        {
            [var first, .. var rest] when first.AsSpan().SequenceEqual("hvt"u8) => new HvtCommand(messages, $"{program} hvt").Run(rest),
            [var first] when first.AsSpan().SequenceEqual("--version"u8) => messages.Version(),
            _ => messages.UsageOfProgram(),
        };
    }
}
