using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.HostTests.Daemon;
using Albatross.HostTests.Tender;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.HostTests.Replay;

/// <summary>A client that says to our daemon what was said to the original, byte for byte, and notes what it answers.</summary>
internal sealed class ReplayPeer(RunningDaemon daemon, NetworkNamespace network)
{
    // Only for what should come and does not: such a step has failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Replays <paramref name="step"/>; reads as far as <paramref name="expected"/> goes, so that what is left open is left.</summary>
    public async Task<Answer> PlayAsync(RecordedStep step, (int Frames, string End) expected)
    {
        using var patience = new CancellationTokenSource(Patience);
        var frames = ImmutableArray.CreateBuilder<byte[]>();
        try
        {
            await using FrameChannel channel = await ConnectAsync(step, patience.Token);
            string? end = await AskAsync(channel, step, frames, patience.Token);
            while (end is null && (frames.Count < expected.Frames || expected.End != Ends.Open))
            {
                end = await ReadAsync(channel, frames, patience.Token);
            }

            end ??= await EndNowAsync(channel, step, frames, patience.Token);
            return new Answer(frames.ToImmutable(), end);
        }
        catch (SessionFailedException e) when (e.Failure is SessionFailure.ServerRefusedCertificate refused)
        {
            return new Answer(frames.ToImmutable(), Ends.Alert(refused.Alert));
        }
        catch (SessionFailedException e)
        {
            return new Answer(frames.ToImmutable(), $"broken: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return new Answer(frames.ToImmutable(), $"open, and nothing more came for {Patience.TotalSeconds} s");
        }
    }

    private static async Task<string?> AskAsync(
        FrameChannel channel, RecordedStep step, ImmutableArray<byte[]>.Builder frames, CancellationToken cancellation)
    {
        string? end = null;
        for (int i = 0; i < step.Requests.Length && end is null; i++)
        {
            await SendAsync(channel, step.Requests[i], cancellation);
            end = i + 1 < step.Requests.Length ? await ReadAsync(channel, frames, cancellation) : null;
        }

        foreach (byte[] chunk in step.Chunks)
        {
            await SendAsync(channel, chunk, cancellation);
        }

        return end;
    }

    // A server that has closed already is found by reading.
    private static async Task SendAsync(FrameChannel channel, byte[] framed, CancellationToken cancellation)
    {
        try
        {
            await channel.WriteAsync(framed, cancellation);
        }
        catch (IOException)
        {
        }
    }

    // Null: a frame came.
    private static async Task<string?> ReadAsync(
        FrameChannel channel, ImmutableArray<byte[]>.Builder frames, CancellationToken cancellation)
    {
        ReceivedFrame received;
        try
        {
            received = await channel.ReadAsync(cancellation);
        }
        catch (IOException e) when (e is not SessionFailedException)
        {
            return Ends.Closed;   // with something of ours unread
        }

        if (received.Kind == FrameKind.Frame)
        {
            frames.Add(received.Body.ToArray());
            return null;
        }

        return received.Kind == FrameKind.Closed ? Ends.Closed : $"ended by {received.Kind}";
    }

    // The service has answered somebody else since: if it had closed this connection, or had more to say, that would be here.
    private async Task<string> EndNowAsync(
        FrameChannel channel, RecordedStep step, ImmutableArray<byte[]>.Builder frames, CancellationToken cancellation)
    {
        var more = ImmutableArray.CreateBuilder<byte[]>();
        Task<string?> next = ReadAsync(channel, more, cancellation);
        RecordedStep other = step.Chain is null
            ? RecordedStep.Load("local").First(one => one.Socket == step.Socket && one.End == Ends.Closed && one.Requests.Length == 1)
            : RecordedStep.Load("tls").First(one => one.End == Ends.Closed);
        await PlayAsync(other, (int.MaxValue, Ends.Closed));
        if (!next.IsCompleted)
        {
            return Ends.Open;
        }

        string? end = await next;
        if (!step.CountVaries)
        {
            frames.AddRange(more);
        }

        return end ?? Ends.Open;
    }

    private async Task<FrameChannel> ConnectAsync(RecordedStep step, CancellationToken cancellation)
    {
        if (step.Socket is { } service)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(
                new UnixDomainSocketEndPoint(Path.Combine(daemon.Directory, $"run/util/{service}.sock")), cancellation);
            return new FrameChannel(new NetworkStream(socket, ownsSocket: true), FrameLimits.Reply);
        }

        // A socket stays in the namespace in which it was made.
        var endpoint = IPEndPoint.Parse(daemon.Endpoint);
        Socket tcp = network.Inside(() => new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        await tcp.ConnectAsync(endpoint, cancellation);
        var settings = new ClientSettings(IdentityOf(step.Chain!), Trust(), TlsLimits.Default, TimeOfRecording.Instance);
        return await ClientSession.ConnectAsync(new NetworkStream(tcp, ownsSocket: true), settings, cancellation) switch
        {
            ConnectOutcome.Connected connected => new FrameChannel(connected.Session.Stream, FrameLimits.Reply),
            ConnectOutcome.Failed failed => throw new SessionFailedException(failed.Failure),
            _ => throw new InvalidOperationException("an outcome that is none"),
        };
    }

    private static ClientIdentity IdentityOf(string chain)
    {
        string path = Programs.Golden("pki", chain);
        Assert.True(KeyPair.TryReadPem(File.ReadAllText(Path.ChangeExtension(path, ".key")), out KeyPair? key, out var refusal), refusal?.Text);
        Assert.True(ClientIdentity.TryCreate(CertificatesOf(path), key, out ClientIdentity? identity, out refusal), refusal?.Text);
        return identity;
    }

    private static ServerTrust Trust() => new(CertificatesOf(Programs.Golden("pki", "ed25519", "cacert.pem")), Name: null);

    private static ImmutableArray<ParsedCertificate> CertificatesOf(string path)
    {
        Assert.True(Pem.TryReadCertificates(File.ReadAllText(path), out ImmutableArray<ParsedCertificate> chain, out var refusal), refusal?.Text);
        return chain;
    }

    // The server's certificate of the recording is good for a year.
    private sealed class TimeOfRecording : TimeProvider
    {
        public static readonly TimeOfRecording Instance = new();

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.Parse("2026-11-24T12:00:00Z", CultureInfo.InvariantCulture);
    }
}
