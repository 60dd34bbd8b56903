using System.Diagnostics;

namespace Albatross.HostTests.Tender;

/// <summary>One run of the tender: status and what it wrote.</summary>
internal sealed record TenderRun(int Status, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Runs <c>albatross-tender ARGUMENTS</c> to its end.</summary>
    internal static async Task<TenderRun> Of(params string[] arguments)
    {
        ProgramCommand tender = Programs.Tender;
        return await Of(tender.File, [.. tender.FirstArguments, .. arguments]);
    }

    /// <summary>Runs an image with 16 MiB of memory.</summary>
    internal static async Task<TenderRun> Image(byte[] image, params string[] arguments)
    {
        using var file = new ImageFile(image);
        return await Of(["hvt", "--mem=16", file.Path, .. arguments]);
    }

    /// <summary>Runs any program to its end, for which it has half a minute if nothing else is said.</summary>
    internal static async Task<TenderRun> Of(string program, IReadOnlyList<string> arguments, TimeSpan? limit = null)
    {
        using Process process = Start(program, arguments);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(limit ?? Limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new TenderRun(process.ExitCode, await output, WithoutReport(await error));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>
    /// An ordinary user is told which layers of the sandbox only root can have; that line has tests of its own (SandboxReportTests).
    /// </summary>
    private static string WithoutReport(string error)
    {
        const string Report = ": sandbox without ";
        return Environment.IsPrivilegedProcess
            ? error
            : string.Concat(error.Split('\n').Where(line => !line.Contains(Report, StringComparison.Ordinal)).Select((line, at) => at == 0 ? line : $"\n{line}"));
    }

    /// <summary>Starts any program with pipes at its outputs, read as Latin-1 so that every byte is a character.</summary>
    internal static Process Start(string program, IReadOnlyList<string> arguments) => Process.Start(
        new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.Latin1,
            StandardErrorEncoding = System.Text.Encoding.Latin1,
        }) ?? throw new InvalidOperationException("no process");
}

/// <summary>An image in a temporary file.</summary>
internal sealed class ImageFile : IDisposable
{
    internal ImageFile(byte[] image) => File.WriteAllBytes(Path, image);

    internal string Path { get; } = System.IO.Path.GetTempFileName();

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}
