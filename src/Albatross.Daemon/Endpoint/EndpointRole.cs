using System.Collections.Immutable;
using System.Net;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Tls;
using Albatross.Tls.Sessions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Endpoint;

/// <summary>The unprivileged role that speaks TLS: it knows certificates and the local sockets, and no host.</summary>
internal sealed class EndpointRole(DaemonOptions options, TimeProvider time, ILogger<EndpointRole> log) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        using var gate = new BigMessageGate();
        var settings = new ServerSettings(Identity(), Anchor(), TlsLimits.Default, gate, time);
        using var listener = new TlsListener(
            IPAddress.Parse(options.Address), options.Port, settings, new ServiceProxy(options, time, log), log);
        IPEndPoint address = listener.Start();
        AddressFile.Write(options.EndpointAddressFile, address.ToString());
        Log.Listening(log, "endpoint", address.ToString());
        await listener.RunAsync(stoppingToken).ConfigureAwait(false);
        Log.Ending(log, "endpoint");
        File.Delete(options.EndpointAddressFile);
    }

    private ServerIdentity Identity()
    {
        if (!KeyPair.TryReadPem(File.ReadAllText(options.KeyFile), out KeyPair? key, out Refusal? refusal))
        {
            throw new InvalidDataException($"{options.KeyFile}: {refusal.Text}");
        }

        return ServerIdentity.TryCreate(Certificates(options.CertificateFile), key, out ServerIdentity? identity, out refusal)
            ? identity
            : throw new InvalidDataException($"{options.CertificateFile}: {refusal.Text}");
    }

    // Exactly one, as with the original: whoever is behind a second certificate there would be trusted without anybody noticing.
    private ImmutableArray<ParsedCertificate> Anchor() => Certificates(options.CaFile) is { Length: 1 } one
        ? one
        : throw new InvalidDataException($"{options.CaFile}: expect single ca as cacert");

    private static ImmutableArray<ParsedCertificate> Certificates(string path) =>
        Pem.TryReadCertificates(File.ReadAllText(path), out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal)
            ? certificates
            : throw new InvalidDataException($"{path}: {refusal.Text}");
}
