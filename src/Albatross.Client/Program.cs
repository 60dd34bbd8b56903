namespace Albatross.Client;

/// <summary>The person's end: reads the command line and runs one verb.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var parsed = CommandLine.Build().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Complain(error.Message).ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync(
                "albatross-client --help lists the verbs, albatross-client VERB --help their options.").ConfigureAwait(false);
            return ExitStatus.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new System.CommandLine.InvocationConfiguration { EnableDefaultExceptionHandler = false })
                .ConfigureAwait(false);
        }
        catch (ClientException e)
        {
            await Complain(e.Message).ConfigureAwait(false);
            return e.Status;
        }
        catch (OperationCanceledException)
        {
            return ExitStatus.Interrupted;   // Ctrl-C ends a console this way
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Complain(e.Message).ConfigureAwait(false);
            return ExitStatus.Usage;   // a file that cannot be read or written
        }
    }

    private static Task Complain(string sentence) => Console.Error.WriteLineAsync($"albatross-client: [ERROR] {sentence}");
}
