using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Client.Pki;
using Albatross.Policy;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.Client.Sessions;

/// <summary>
/// A mutual TLS session with a remote endpoint. The command is in our certificate; nothing but the session itself is sent.
/// </summary>
internal static class RemoteSession
{
    private const int DefaultPort = 1025;

    /// <summary>Makes a certificate for <paramref name="question"/>, valid for five minutes, and presents it.</summary>
    /// <exception cref="ClientException">The name has a path, our chain is not good, or there is no session.</exception>
    public static async Task<Stream> OpenAsync(Target target, Question question, CancellationToken cancellation)
    {
        if (!question.Name.Path.IsRoot)
        {
            throw new ClientException(
                ExitStatus.Usage, $"non-empty path: {question.Name} has a path, and remotely the path is that of your CA certificate");
        }

        (SigningAuthority authority, ImmutableArray<ParsedCertificate> chain) = CertificateFiles.Authority(target.Ca, target.CaKey);
        var key = KeyPair.Generate(target.KeyType, Randomness.Fill);
        ParsedCertificate leaf = CertificateIssuer.Leaf(
            authority, question.Name.Label, question.Command, key.PublicKey,
            Validity.From(TimeProvider.System.GetUtcNow(), Validity.OfOneCommand), Randomness.Fill);
        ImmutableArray<ParsedCertificate> presented = [leaf, .. chain];
        ImmutableArray<ParsedCertificate> anchors = CertificateFiles.Certificates(target.ServerCa);
        if (!ChainValidation.TryValidate(
            presented, anchors, TimeProvider.System.GetUtcNow(), ChainPurpose.Client, out _, out Refusal? refusal))
        {
            throw new ClientException(
                ExitStatus.OwnChainInvalid, $"our own certificates are not good for {target.ServerCa}: {refusal.Text}");
        }

        return await PresentAsync(target.Destination!, presented, key, Trust(target.Destination!, anchors, target.ServerName), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Presents <paramref name="chain"/> as it is; the server judges it.</summary>
    /// <exception cref="ClientException">There is no session.</exception>
    public static async Task<Stream> PresentAsync(
        string destination, ImmutableArray<ParsedCertificate> chain, KeyPair key, ServerTrust trust, CancellationToken cancellation)
    {
        if (!ClientIdentity.TryCreate(chain, key, out ClientIdentity? identity, out Refusal? refusal))
        {
            throw new ClientException(ExitStatus.Usage, refusal.Text);
        }

        (string host, int port) = Split(destination);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellation).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ClientException(ExitStatus.Connect, $"{host} port {port}: {e.Message}", e);
        }

        var settings = new ClientSettings(identity, trust, TlsLimits.Default, TimeProvider.System);
        return await ClientSession.ConnectAsync(new NetworkStream(socket, ownsSocket: true), settings, cancellation)
                .ConfigureAwait(false) switch
        {
            ConnectOutcome.Connected connected => connected.Session.Stream,
            ConnectOutcome.Failed failed => throw Explain(failed.Failure),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Whom we accept as <paramref name="destination"/>.</summary>
    /// <param name="destination">HOST[:PORT].</param>
    /// <param name="anchors">The CA file.</param>
    /// <param name="serverName">The person's word for the name; then a common name counts too, for certificates of the original.</param>
    /// <exception cref="ClientException">The name is none.</exception>
    public static ServerTrust Trust(string destination, ImmutableArray<ParsedCertificate> anchors, string? serverName) =>
        ServerName.TryParse(serverName ?? Split(destination).Host, out ServerName? name, out Refusal? refusal)
            ? new ServerTrust(anchors, name, serverName is null ? NameSource.SubjectAlternativeName : NameSource.CommonName)
            : throw new ClientException(ExitStatus.Usage, refusal.Text);

    /// <summary>A session's failure with its exit status.</summary>
    public static ClientException Explain(SessionFailure failure) => failure switch
    {
        SessionFailure.ServerRefusedCertificate => new ClientException(ExitStatus.CertificateRefused, failure.Text),
        SessionFailure.ServerNotTrusted => new ClientException(ExitStatus.ServerNotTrusted, failure.Text),
        _ => new ClientException(ExitStatus.Communication, failure.Text),
    };

    // The part after the last ':' is the port; an IPv6 address with a port is written in brackets.
    private static (string Host, int Port) Split(string destination)
    {
        int colon = destination.LastIndexOf(':');
        if (destination.StartsWith('[') && destination.IndexOf(']', StringComparison.Ordinal) is > 0 and var bracket)
        {
            colon = bracket + 1 < destination.Length ? bracket + 1 : -1;
        }

        string host = (colon < 0 ? destination : destination[..colon]).Trim('[', ']');
        if (colon < 0)
        {
            return (host, DefaultPort);
        }

        return ushort.TryParse(destination[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? (host, port)
            : throw new ClientException(ExitStatus.Usage, $"{destination}: a port is a number from 1 to 65535");
    }
}
