using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Net;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Client.Blocks;
using Albatross.Client.Output;
using Albatross.Client.Pki;
using Albatross.Client.Sessions;
using Albatross.Policy;
using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.Client.Verbs;

/// <summary>Making certificates, and presenting one that was made before.</summary>
internal static class CertificateVerbs
{
    /// <summary><c>generate NAME DB</c>: a root CA and a server's certificate.</summary>
    public static System.CommandLine.Command Generate()
    {
        var name = new Argument<string>("NAME")
        {
            Description = "Common name of the CA; its key becomes NAME.key, its certificate cacert.pem.",
        };
        var db = new Argument<string>("DB") { Description = "File with a line for each certificate that is issued." };
        var days = new Option<int>("--days") { Description = "Validity of the CA.", DefaultValueFactory = _ => Validity.OfRoot.Days };
        var server = new Option<string>("--server")
        {
            Description = "Common name and files of the server's certificate.", DefaultValueFactory = _ => "server",
        };
        var names = new Option<string[]>("--server-address")
        {
            Description = "DNS name or IP address of the server; repeat it for more (localhost, 127.0.0.1, ::1).",
            DefaultValueFactory = _ => ["localhost", IPAddress.Loopback.ToString(), IPAddress.IPv6Loopback.ToString()],
        };
        var serverDays = new Option<int>("--server-days")
        {
            Description = "Its validity.", DefaultValueFactory = _ => Validity.OfDelegationOrServer.Days,
        };
        Option<KeyType> keyType = TargetOptions.KeyTypeOption();
        var verb = new System.CommandLine.Command("generate", "Makes a root CA and a server's certificate.")
        {
            name, db, days, server, names, serverDays, keyType,
        };
        verb.SetAction(parsed =>
        {
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            string caName = parsed.GetRequiredValue(name);
            string serverName = parsed.GetRequiredValue(server);
            KeyPair caKey = KeyPair.Generate(parsed.GetValue(keyType), Randomness.Fill);
            KeyPair serverKey = KeyPair.Generate(parsed.GetValue(keyType), Randomness.Fill);
            ParsedCertificate root =
                CertificateIssuer.Root(caName, caKey, Validity.From(now, TimeSpan.FromDays(parsed.GetValue(days))), Randomness.Fill);
            if (!SigningAuthority.TryCreate(root, caKey, out SigningAuthority? authority, out Refusal? refusal))
            {
                throw new ClientException(ExitStatus.Usage, refusal.Text);
            }

            ImmutableArray<ServerName> addresses = [.. parsed.GetRequiredValue(names).Append(serverName).Distinct().Select(Address)];
            ParsedCertificate certificate = CertificateIssuer.Server(
                authority, serverName, addresses, serverKey.PublicKey,
                Validity.From(now, TimeSpan.FromDays(parsed.GetValue(serverDays))), Randomness.Fill);
            CertificateFiles.WriteKey(caName + ".key", caKey);
            CertificateFiles.WriteKey(serverName + ".key", serverKey);
            CertificateFiles.Write("cacert.pem", [root]);
            CertificateFiles.Write(serverName + ".pem", [certificate]);
            Record(parsed.GetRequiredValue(db), certificate);
        });
        return verb;
    }

    /// <summary><c>sign CACERT DB KEY CSR</c>: a sub-CA or a command's certificate from a signing request.</summary>
    public static System.CommandLine.Command Sign()
    {
        var ca = new Argument<string>("CACERT") { Description = "CA certificate, then its chain (PEM)." };
        var db = new Argument<string>("DB") { Description = "File with a line for each certificate that is issued." };
        var key = new Argument<string>("KEY") { Description = "Its private key (PEM)." };
        var request = new Argument<string>("CSR") { Description = "The signing request (PEM)." };
        var days = new Option<int?>("--days") { Description = "Validity (365 for policies, 1 for commands)." };
        var verb = new System.CommandLine.Command(
            "sign", "Signs a request: a sub-CA for a policy, a leaf for a command.") { ca, db, key, request, days };
        verb.SetAction(parsed =>
        {
            (SigningAuthority authority, ImmutableArray<ParsedCertificate> chain) =
                CertificateFiles.Authority(parsed.GetRequiredValue(ca), parsed.GetRequiredValue(key));
            SigningRequest asked = ReadRequest(parsed.GetRequiredValue(request));
            TimeSpan validity = parsed.GetValue(days) is { } given ? TimeSpan.FromDays(given)
                : asked.Command is Protocol.Commands.Command.PolicyAdd ? Validity.OfDelegationOrServer : Validity.OfSignedCommand;
            if (!CertificateIssuer.TrySign(
                authority, asked, Validity.From(TimeProvider.System.GetUtcNow(), validity), Randomness.Fill,
                    out ParsedCertificate? certificate, out Refusal? refusal))
            {
                throw new ClientException(ExitStatus.Usage, $"{parsed.GetValue(request)}: {refusal.Text}");
            }

            Console.WriteLine($"signing certificate with subject /CN={asked.CommonName}");
            Console.WriteLine(asked.Command is Protocol.Commands.Command.PolicyAdd add
                ? $"signing policy add {ReplyText.Of(add.Policy)}"
                : $"signing {asked.Command.Words}");

            // The chain goes with it, but for a self-signed root: the server has that one.
            var above = chain.Where(one => !one.Issuer.Span.SequenceEqual(one.Subject.Span));
            CertificateFiles.Write(certificate.CommonName + ".pem", above.Prepend(certificate));
            Record(parsed.GetRequiredValue(db), certificate);
        });
        return verb;
    }

    /// <summary><c>certificate CERT KEY -d HOST</c>: present a chain that was signed before.</summary>
    public static System.CommandLine.Command Send()
    {
        var certificate = new Argument<string>("CERT") { Description = "The leaf certificate, then its chain (PEM)." };
        var key = new Argument<string>("KEY") { Description = "Its private key (PEM)." };
        var destination = new Option<string>("--destination", "-d")
        {
            Description = "HOST[:PORT] of the endpoint (port 1025).", Required = true,
        };
        var serverCa = new Option<string>("--server-ca")
        {
            Description = "The CA that the server's certificate must be from (PEM).", DefaultValueFactory = _ => "cacert.pem",
        };
        var serverName = new Option<string?>("--server-name") { Description = "Name in the server's certificate, if it is not the host." };
        var data = new Option<string?>("--data") { Description = "File with the content, for a certificate that sets a block device." };
        var verb = new System.CommandLine.Command(
            "certificate", "Presents a certificate that was signed before, and prints what is answered.")
        {
            certificate, key, destination, serverCa, serverName, data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            ImmutableArray<ParsedCertificate> chain = CertificateFiles.Certificates(parsed.GetRequiredValue(certificate));
            string where = parsed.GetRequiredValue(destination);
            Protocol.Commands.Command? command = CommandOf(chain[0]);
            using BlockContent? content = ContentFor(command, parsed.GetValue(data));
            ServerTrust trust = RemoteSession.Trust(
                where, CertificateFiles.Certificates(parsed.GetRequiredValue(serverCa)), parsed.GetValue(serverName));
            Stream session = await RemoteSession.PresentAsync(
                where, chain, CertificateFiles.Key(parsed.GetRequiredValue(key)), trust, cancellation).ConfigureAwait(false);
            return await Dialogue.ReadAsync(new FrameChannel(session, FrameLimits.Reply), ModeOf(command), content, cancellation)
                .ConfigureAwait(false);
        });
        return verb;
    }

    private static Protocol.Commands.Command? CommandOf(ParsedCertificate leaf) =>
        leaf.Extensions.Albatross is { } extension
        && Protocol.Der.ExtensionCodec.TryDecode(extension, out Protocol.Commands.Command? command, out _)
            ? command
            : null;

    private static AnswerMode ModeOf(Protocol.Commands.Command? command) => command switch
    {
        Protocol.Commands.Command.ConsoleSubscribe => AnswerMode.Stream,
        Protocol.Commands.Command.BlockDump => AnswerMode.BlockContent,
        _ => AnswerMode.Single,
    };

    // Whether it is packed stands in the certificate; how well does not matter to anybody.
    private static BlockContent? ContentFor(Protocol.Commands.Command? command, string? file)
    {
        const int Level = 9;
        bool? isCompressed = command switch
        {
            Protocol.Commands.Command.BlockSet set => set.Compressed,
            Protocol.Commands.Command.BlockOldSet { Data.IsEmpty: true } set => set.Compressed,
            Protocol.Commands.Command.BlockOldAdd { Data: { IsEmpty: true } } add => add.Compressed,
            _ => null,
        };
        return (isCompressed, file) switch
        {
            (null, null) => null,
            ({ } packed, { } path) => BlockContent.Open(path, packed ? Level : 0),
            (null, _) => throw new ClientException(
                ExitStatus.Usage, $"this certificate is for {command?.Words ?? "no command"}, which takes no --data"),
            _ => throw new ClientException(ExitStatus.Usage, "this certificate sets a block device: give its content with --data FILE"),
        };
    }

    private static SigningRequest ReadRequest(string path)
    {
        if (Pem.TryParse(File.ReadAllText(path), out ImmutableArray<PemBlock> blocks, out Refusal? refusal)
            && blocks.FirstOrDefault(block => block.Label is "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST") is { } block
            && SigningRequest.TryParse(block.Der, out SigningRequest? request, out refusal))
        {
            return request;
        }

        throw new ClientException(ExitStatus.Usage, $"{path}: {refusal?.Text ?? "there is no signing request in it"}");
    }

    private static ServerName Address(string text) => ServerName.TryParse(text, out ServerName? name, out Refusal? refusal)
        ? name
        : throw new ClientException(ExitStatus.Usage, refusal.Text);

    private static void Record(string db, ParsedCertificate certificate) => File.AppendAllText(
        db, string.Create(CultureInfo.InvariantCulture,
            $"{Convert.ToHexStringLower(certificate.SerialNumber.Span)} {certificate.CommonName}\n"));
}
