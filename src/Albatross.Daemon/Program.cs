using System.CommandLine;

namespace Albatross.Daemon;

/// <summary>The daemon: reads the command line and hosts the role that it names.</summary>
internal static class Program
{
    /// <summary>The version as the project file has it.</summary>
    public static string Version => typeof(Program).Assembly.GetName().Version!.ToString(3);

    private static Task<int> Main(string[] args) => CommandLine.Build().Parse(args).InvokeAsync(
        new InvocationConfiguration { ProcessTerminationTimeout = null });   // the host handles signals
}
