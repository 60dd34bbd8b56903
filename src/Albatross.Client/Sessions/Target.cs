using System.CommandLine;
using Albatross.Certificates.Keys;

namespace Albatross.Client.Sessions;

/// <summary>Where a command goes: a local socket, a remote endpoint, or a signing request.</summary>
internal sealed record Target
{
    /// <summary>Socket of the service; null takes the one below <see cref="RunDirectory"/>.</summary>
    public string? Socket { get; init; }

    /// <summary>HOST[:PORT] of an endpoint; null means the local socket.</summary>
    public string? Destination { get; init; }

    /// <summary>Whether a signing request is written instead of asking anybody.</summary>
    public bool WritesRequest { get; init; }

    /// <summary>Our CA certificate and its chain up to the root (PEM).</summary>
    public required string Ca { get; init; }

    /// <summary>The key of the first certificate in <see cref="Ca"/>.</summary>
    public required string CaKey { get; init; }

    /// <summary>The CA that the server's certificate must end at.</summary>
    public required string ServerCa { get; init; }

    /// <summary>The server's name if it differs from the host; also makes a certificate with only a common name acceptable.</summary>
    public string? ServerName { get; init; }

    /// <summary>The kind of the key that is made for a command.</summary>
    public required KeyType KeyType { get; init; }

    /// <summary>Where the daemon's sockets are.</summary>
    public required string RunDirectory { get; init; }
}

/// <summary>The options of <see cref="Target"/>, the same for every verb that asks the daemon.</summary>
internal sealed class TargetOptions
{
    private const string DefaultRunDirectory = "/run/albatross";

    private readonly Option<string?> _socket = new("--socket") { Description = "Socket of the local daemon's service." };
    private readonly Option<string?> _destination = new("--destination", "-d")
    {
        Description = "Ask the endpoint at HOST[:PORT] by a certificate that is made for this command (port 1025).",
    };

    private readonly Option<bool> _csr = new("--csr")
    {
        Description = "Write NAME.req (and NAME.key if missing) for somebody else to sign, and ask nobody.",
    };
    private readonly Option<string> _ca = new("--ca")
    {
        Description = "Your CA certificate, then its chain (PEM).", DefaultValueFactory = _ => "ca.pem",
    };

    private readonly Option<string> _caKey = new("--ca-key")
    {
        Description = "Its private key (PEM).", DefaultValueFactory = _ => "ca.key",
    };
    private readonly Option<string> _serverCa = new("--server-ca")
    {
        Description = "The CA that the server's certificate must be from (PEM).", DefaultValueFactory = _ => "cacert.pem",
    };

    private readonly Option<string?> _serverName = new("--server-name")
    {
        Description = "Name in the server's certificate, if it is not the host; also accepts one with nothing but a common name.",
    };

    private readonly Option<string> _runDirectory = new("--tmpdir")
    {
        Description = "Where the local daemon's sockets are.", DefaultValueFactory = _ => DefaultRunDirectory,
    };

    /// <summary>The key that is made.</summary>
    public Option<KeyType> KeyType { get; } = KeyTypeOption();

    /// <summary>Adds the options to <paramref name="verb"/>.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in new Option[] { _destination, _ca, _caKey, _serverCa, _serverName, KeyType, _csr, _socket, _runDirectory })
        {
            verb.Options.Add(option);
        }

        verb.Validators.Add(result =>
        {
            int ways = (result.GetValue(_socket) is null ? 0 : 1) + (result.GetValue(_destination) is null ? 0 : 1)
                + (result.GetValue(_csr) ? 1 : 0);
            if (ways > 1)
            {
                result.AddError("--socket, --destination and --csr exclude each other");
            }
        });
    }

    /// <summary>Reads them.</summary>
    public Target Read(ParseResult parsed) => new()
    {
        Socket = parsed.GetValue(_socket),
        Destination = parsed.GetValue(_destination),
        WritesRequest = parsed.GetValue(_csr),
        Ca = parsed.GetRequiredValue(_ca),
        CaKey = parsed.GetRequiredValue(_caKey),
        ServerCa = parsed.GetRequiredValue(_serverCa),
        ServerName = parsed.GetValue(_serverName),
        KeyType = parsed.GetRequiredValue(KeyType),
        RunDirectory = parsed.GetRequiredValue(_runDirectory),
    };

    /// <summary>The option <c>--key-type</c>.</summary>
    public static Option<KeyType> KeyTypeOption() => new("--key-type")
    {
        Description = "ed25519, p256, p384, p521, rsa2048 or rsa4096.", DefaultValueFactory = _ => Certificates.Keys.KeyType.Ed25519,
    };
}
