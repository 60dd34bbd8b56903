using System.Collections.Concurrent;
using System.Diagnostics;

namespace Albatross.HostTests.Daemon;

/// <summary>A client that follows a console; ends with the test.</summary>
internal sealed class Followed : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private Followed(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
    }

    /// <summary>What the unikernel printed, as this subscriber saw it, without the time in front.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Where(line => line.StartsWith("console ", StringComparison.Ordinal)).Select(Text)];

    /// <summary>Follows <paramref name="name"/> from its first kept line.</summary>
    public static Followed Start(RunningDaemon daemon, string name) => new(ClientRun.Start(
        daemon.Place, daemon.Pki, "console", name, "--count", "1024", "--destination", daemon.Endpoint, "--ca", "demo.pem", "--ca-key", "demo.key"));

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Text(string line) => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    private void Note(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
