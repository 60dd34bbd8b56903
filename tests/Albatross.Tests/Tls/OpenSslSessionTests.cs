using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Tests.Certificates;
using Albatross.Tls.Sessions;

namespace Albatross.Tests.Tls;

public sealed class OpenSslSessionTests
{
    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(KeyType.Ed25519, 0)]
    [InlineData(KeyType.Ed25519, 2_000_000)]
    [InlineData(KeyType.P256, 0)]
    [InlineData(KeyType.P384, 0)]
    [InlineData(KeyType.P521, 0)]
    [InlineData(KeyType.Rsa2048, 0)]
    [InlineData(KeyType.Rsa4096, 0)]
    public async Task The_openssl_client_talks_to_our_server(KeyType type, int imageBytes)
    {
        OpenSsl.Require();
        using var party =
            new TlsParty(type) { Command = imageBytes == 0 ? new Command.UnikernelInfo() : TestPki.Create(new byte[imageBytes]) };
        using TemporaryDirectory directory = FilesOf(party);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using Process openssl = OpenSsl.Start(
            directory.Path,
            ["s_client", "-connect", listener.LocalEndpoint.ToString()!, "-tls1_3", "-quiet", "-CAfile", "ca.pem", "-attime", AtTime,
                "-verify_return_error", "-verify_hostname", "alba.example.org", "-cert", "leaf.pem", "-cert_chain", "alpha.pem", "-key",
                    "leaf.key"]);
        using TcpClient tcp = await listener.AcceptTcpClientAsync(Stopping);

        AcceptOutcome outcome = await ServerSession.AcceptAsync(tcp.GetStream(), "127.0.0.1", party.Server, Stopping);
        await using ServerSession session = outcome is AcceptOutcome.Accepted accepted
            ? accepted.Session
            : throw new InvalidOperationException(outcome + await openssl.StandardError.ReadToEndAsync(Stopping));
        Assert.True(Authorisation.TryRead(session.Chain, out _, out Refusal? refusal), refusal?.Text);
        await openssl.StandardInput.WriteAsync("from openssl\n");
        await openssl.StandardInput.FlushAsync(Stopping);
        byte[] received = new byte[13];
        await session.Stream.ReadExactlyAsync(received, Stopping);
        await session.Stream.WriteAsync("to openssl\n"u8.ToArray(), Stopping);
        string? answer = await openssl.StandardOutput.ReadLineAsync(Stopping);
        openssl.StandardInput.Close();
        await session.CloseAsync(Stopping);
        await openssl.WaitForExitAsync(Stopping);

        Assert.Equal("from openssl\n", Encoding.ASCII.GetString(received));
        Assert.Equal("to openssl", answer);
    }

    [Theory]
    [InlineData("AES-256-GCM", "-ciphersuites TLS_AES_256_GCM_SHA384")]
    [InlineData("ChaCha20-Poly1305", "-ciphersuites TLS_CHACHA20_POLY1305_SHA256")]
    [InlineData("P-384", "-groups P-384")]
    [InlineData("P-521", "-groups P-521")]
    [InlineData("another group first: hello retry request", "-groups X448:X25519")]
    [InlineData("an ALPN name that we do not know", "-alpn h2")]
    [InlineData("a server name", "-servername alba.example.org")]
    [InlineData("key updates by the client", "", "K")]
    [InlineData("key updates by the client without an answer", "", "k")]
    public async Task The_openssl_client_may_choose(string what, string options, string command = "")
    {
        OpenSsl.Require();
        using var party = new TlsParty();
        using TemporaryDirectory directory = FilesOf(party);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using Process openssl = OpenSsl.Start(
            directory.Path,
            ["s_client", "-connect", listener.LocalEndpoint.ToString()!, "-tls1_3", "-CAfile", "ca.pem", "-attime", AtTime,
                "-verify_return_error",
                "-cert", "leaf.pem", "-cert_chain", "alpha.pem", "-key", "leaf.key",
                    .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        using TcpClient tcp = await listener.AcceptTcpClientAsync(Stopping);
        AcceptOutcome outcome = await ServerSession.AcceptAsync(tcp.GetStream(), "127.0.0.1", party.Server, Stopping);
        Assert.True(outcome is AcceptOutcome.Accepted, $"{what}: {outcome}");
        await using ServerSession session = ((AcceptOutcome.Accepted)outcome).Session;

        // One letter alone on a line is a command of s_client: K and k update its keys (RFC 8446 4.6.3).
        for (int round = 0; round < 3; round++)
        {
            await openssl.StandardInput.WriteAsync(command == "" ? "" : command + "\n");
            await openssl.StandardInput.FlushAsync(Stopping);
            await Task.Delay(command == "" ? 0 : 50, Stopping);
            await openssl.StandardInput.WriteAsync("from openssl\n");
            await openssl.StandardInput.FlushAsync(Stopping);
            byte[] received = new byte[13];
            await session.Stream.ReadExactlyAsync(received, Stopping);
            await session.Stream.WriteAsync("to openssl\n"u8.ToArray(), Stopping);
            Assert.Equal("from openssl\n", Encoding.ASCII.GetString(received));
            while (await openssl.StandardOutput.ReadLineAsync(Stopping) != "to openssl")
            {
                Assert.False(openssl.HasExited, what);
            }
        }

        openssl.Kill();
        await openssl.WaitForExitAsync(Stopping);
    }

    [Fact]
    public async Task The_openssl_client_with_TLS_1_2_hears_protocol_version()
    {
        OpenSsl.Require();
        using var party = new TlsParty();
        using TemporaryDirectory directory = FilesOf(party);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<(int Status, string Output)> openssl =
            OpenSsl.RunAsync(directory.Path, "s_client", "-connect", listener.LocalEndpoint.ToString()!, "-tls1_2");
        using TcpClient tcp = await listener.AcceptTcpClientAsync(Stopping);

        Assert.IsType<AcceptOutcome.Rejected>(await ServerSession.AcceptAsync(tcp.GetStream(), "127.0.0.1", party.Server, Stopping));
        Assert.Contains("alert protocol version", (await openssl).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeyType.Ed25519)]
    [InlineData(KeyType.P256)]
    [InlineData(KeyType.P384)]
    [InlineData(KeyType.P521)]
    [InlineData(KeyType.Rsa2048)]
    [InlineData(KeyType.Rsa4096)]
    public async Task Our_client_talks_to_the_openssl_server(KeyType type)
    {
        OpenSsl.Require();
        using var party = new TlsParty(type);
        using TemporaryDirectory directory = FilesOf(party);
        using Process openssl = OpenSsl.Start(
            directory.Path,
            ["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_3", "-rev", "-Verify", "5", "-verify_return_error", "-CAfile",
                "ca.pem",
                "-attime", AtTime, "-cert", "server.pem", "-key", "server.key"]);
        IPEndPoint endpoint = await ListeningAsync(openssl);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(endpoint, Stopping);

        ConnectOutcome outcome = await ClientSession.ConnectAsync(tcp.GetStream(), party.Client(), Stopping);
        await using ClientSession session = outcome is ConnectOutcome.Connected connected ? connected.Session
            : throw new InvalidOperationException(outcome.ToString());
        await session.Stream.WriteAsync("abc\n"u8.ToArray(), Stopping);
        byte[] answer = new byte[4];
        await session.Stream.ReadExactlyAsync(answer, Stopping);
        await session.CloseAsync(Stopping);
        openssl.Kill();
        await openssl.WaitForExitAsync(Stopping);

        Assert.Equal("cba\n", Encoding.ASCII.GetString(answer));
    }

    private static string AtTime => TlsParty.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

    // "ACCEPT 127.0.0.1:43210" is the line that names the port.
    private static async Task<IPEndPoint> ListeningAsync(Process openssl)
    {
        while (await openssl.StandardOutput.ReadLineAsync(Stopping) is { } line)
        {
            if (line.StartsWith("ACCEPT ", StringComparison.Ordinal))
            {
                return IPEndPoint.Parse(line[7..]);
            }
        }

        throw new InvalidOperationException(await openssl.StandardError.ReadToEndAsync(Stopping));
    }

    private static TemporaryDirectory FilesOf(TlsParty party)
    {
        var directory = new TemporaryDirectory();
        directory.Write("ca.pem", Pem.Write([party.Pki.Root.Certificate]));
        directory.Write("alpha.pem", Pem.Write([party.Pki.Delegation.Certificate]));
        directory.Write("leaf.pem", Pem.Write([party.Pki.Leaf(TestPki.LabelOf("hello"), party.Command)]));
        directory.Write("leaf.key", party.Pki.LeafKey.ToPem());
        directory.Write("server.pem", Pem.Write([party.Pki.Server]));
        directory.Write("server.key", party.Pki.ServerKey.ToPem());
        return directory;
    }
}
