using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Expectations;

/// <summary>Runs the guest of an <see cref="Expectation"/> under the tender and compares what is seen.</summary>
internal sealed class ExpectationRun : IDisposable
{
    private const string TenderPrefix = "albatross-tender: ";

    private readonly Expectation _row;
    private readonly ImageFile _image;
    private readonly BlockFile[] _disks;
    private readonly string _target;

    internal ExpectationRun(Expectation row)
    {
        _target = row.EndsBeforeKvm ? row.Target.Name() : row.Target.Command();
        _row = row;
        _image = new ImageFile(row.Guest());
        _disks = [.. row.Disks.Select(bytes => new BlockFile(bytes))];
    }

    /// <summary>The words for albatross-tender.</summary>
    internal string[] Words
    {
        get
        {
            string[] words = _row.Words ?? [.. _row.Options, "--", "{image}", .. _row.Arguments];
            return [_target, .. words.Select(Fill)];
        }
    }

    /// <summary>Fails unless <paramref name="seen"/> is what the row says.</summary>
    internal void Compare(TenderRun seen)
    {
        bool matches = seen.Status == _row.Status && seen.Output == _row.Output && Matches(seen.Error, _row.Error);
        bool excepted = _row.OrErrorOfSoftwareVirtualisation is { } other
            && (seen.Status, seen.Output) == (1, "") && Matches(seen.Error, other);
        Assert.True(
            matches || excepted,
            $"{_row.Key}: {string.Join(' ', Words)}\nexpected {_row.Status} '{_row.Output}' '{Fill(_row.Error)}'\nseen     {seen}");
    }

    /// <summary>Waits for "ready", pings, and gives what the tender did.</summary>
    internal async Task<TenderRun> Ping(NetworkNamespace network, TimeSpan limit)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(limit);
        using Process tender = network.StartTender(Words);
        try
        {
            Task<string> error = tender.StandardError.ReadToEndAsync(timeout.Token);
            var output = new StringBuilder();
            while (await tender.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
            {
                output.Append(line).Append('\n');
                if (line == "ready")
                {
                    await Task.WhenAll(_row.Pings.Select(words => AllAnswered(network, words, limit)));
                }
            }

            await tender.WaitForExitAsync(timeout.Token);
            return new TenderRun(tender.ExitCode, output.ToString(), await error);
        }
        finally
        {
            tender.Kill();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        Array.ForEach(_disks, disk => disk.Dispose());
    }

    private static async Task AllAnswered(NetworkNamespace network, string[] words, TimeSpan limit)
    {
        TenderRun run = await network.Run(limit, ["ping", "-q", .. words]);
        Assert.True(run.Status == 0 && run.Output.Contains(" 0% packet loss", StringComparison.Ordinal), run.ToString());
    }

    private bool Matches(string seen, string expected)
    {
        string pattern = string.Join("(?s:.*)", Fill(expected).Split('…').Select(Regex.Escape));
        return Regex.IsMatch(seen, $"^{pattern}\\z");
    }

    private string Fill(string text)
    {
        var filled = new StringBuilder(text)
            .Replace("{target}", _target).Replace("{image}", _image.Path).Replace("{tender}", TenderPrefix);
        for (int i = 0; i < _disks.Length; i++)
        {
            filled.Replace(string.Create(CultureInfo.InvariantCulture, $"{{disk{i}}}"), _disks[i].Path);
        }

        return filled.ToString();
    }
}
