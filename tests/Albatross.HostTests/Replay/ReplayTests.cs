using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Albatross.HostTests.Daemon;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Replay;

/// <summary>
/// What was said to the real Albatross is said to our daemon, in the same order, from an empty database, with the recorded images running
/// under KVM: it answers with the same bytes, or as the table of deviations says.
/// </summary>
public sealed class ReplayTests(ITestOutputHelper output)
{
    [Fact]
    public Task Every_step_on_the_local_sockets_is_answered_as_by_the_original_or_as_the_deviations_say() => ReplayAsync("local", 135);

    [Fact]
    public Task Every_step_over_TLS_is_answered_as_by_the_original_or_as_the_deviations_say() => ReplayAsync("tls", 120);

    private async Task ReplayAsync(string exchange, int steps)
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("service 1500 10.0.0.1/24", "br1 1500 10.0.1.1/24");
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace
        {
            Before = network.Words, Certificates = Programs.Golden("pki", "ed25519"),
        });
        var peer = new ReplayPeer(daemon, network);
        var events = new ReplayEvents(daemon, peer);
        ImmutableArray<RecordedStep> recorded = RecordedStep.Load(exchange);
        ImmutableDictionary<int, ListedDeviation> listed = ListedDeviation.Load(exchange);
        var failed = new StringBuilder();
        int equal = 0, deviating = 0;
        foreach (RecordedStep step in recorded)
        {
            ListedDeviation? deviation = listed.GetValueOrDefault(step.Number);
            await events.AwaitBeforeAsync(step);
            Task<Answer> playing = peer.PlayAsync(
                step, deviation?.Expected(step) ?? (step.Count, step.End));
            await events.AwaitDuringAsync(step, playing);
            Answer ours = await playing;
            string? difference = ours.DifferenceTo(step);
            if (difference is null && deviation is null)
            {
                equal++;
            }
            else if (difference is not null && deviation?.Is(step, ours) == true)
            {
                deviating++;
            }
            else
            {
                failed.AppendLine(Describe(step, ours, difference, deviation));
            }
        }

        string figures = $"exchanges-{exchange}: {recorded.Length} steps, {equal} equal, {deviating} deviating, "
            + $"{recorded.Length - equal - deviating} failed";
        output.WriteLine(figures);
        Assert.Equal(steps, recorded.Length);
        Assert.True(failed.Length == 0, $"{figures}\n{failed}\n{daemon.Log}");
        Assert.Equal(listed.Count, deviating);
    }

    private static string Describe(RecordedStep step, Answer ours, string? difference, ListedDeviation? deviation)
    {
        string why = (difference, deviation) switch
        {
            (null, _) => "is listed as deviating, but does not",
            (_, null) => difference,
            _ => $"{difference}, and not as listed ({deviation.Row})",
        };
        return $"""
            {step.Exchange} {step.Number} ({step.Note}): {why}
              recorded {Short(Answer.Of(step), step)}
              ours     {Short(ours, step)}
            """;
    }

    private static string Short(Answer answer, RecordedStep step)
    {
        JsonArray payloads = answer.Payloads(step.Varies);
        string text = payloads.ToJsonString();
        return $"{answer.End} {(text.Length > 1500 ? $"{text[..1500]}… ({payloads.Count} frames, {text.Length} characters)" : text)}";
    }
}
