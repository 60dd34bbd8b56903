using Albatross.Linux;

namespace Albatross.Tender;

/// <summary>
/// Starts one unikernel from a command line: <c>albatross-tender hvt …</c> or <c>albatross-tender spt …</c>. Called by the name
/// solo5-hvt or solo5-spt (a link), it takes that program's arguments as they are. <c>albatross-tender --jail</c> closes in such a program
/// that is installed already.
/// </summary>
internal static class Program
{
    private static int Main(string[] decoded)
    {
        StandardDescriptors.OpenMissing();
        (string program, byte[][] arguments) = RawArguments.Read(decoded.Length);
        var messages = new Messages(program);
        return arguments switch
        {
            _ when program == "solo5-hvt" => new HvtCommand(messages, program).Run(arguments),
            _ when program == "solo5-spt" => new SptCommand(messages, program).Run(arguments),
            [var first, .. var rest] when first.AsSpan().SequenceEqual("hvt"u8) => new HvtCommand(messages, $"{program} hvt").Run(rest),
            [var first, .. var rest] when first.AsSpan().SequenceEqual("spt"u8) => new SptCommand(messages, $"{program} spt").Run(rest),
            [var first, .. var rest] when first.AsSpan().SequenceEqual("--jail"u8) =>
                new JailCommand(messages, $"{program} --jail").Run(rest),
            [var first] when first.AsSpan().SequenceEqual("--version"u8) => messages.Version(),
            _ => messages.UsageOfProgram(),
        };
    }
}
