using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using PublicKey = Albatross.Certificates.Keys.PublicKey;

namespace Albatross.Client.Inspection;

/// <summary>Certificates and signing requests.</summary>
internal sealed partial class Description
{
    private static readonly ImmutableArray<(KeyUsages Bit, string Name)> UsageNames =
    [
        (KeyUsages.DigitalSignature, "digital-signature"), (KeyUsages.NonRepudiation, "non-repudiation"),
        (KeyUsages.KeyEncipherment, "key-encipherment"), (KeyUsages.DataEncipherment, "data-encipherment"),
        (KeyUsages.KeyAgreement, "key-agreement"), (KeyUsages.KeyCertSign, "key-cert-sign"), (KeyUsages.CrlSign, "crl-sign"),
        (KeyUsages.EncipherOnly, "encipher-only"), (KeyUsages.DecipherOnly, "decipher-only"),
    ];

    /// <summary>A certificate. Nothing is said about whom to trust.</summary>
    public void Of(ParsedCertificate certificate) => outline.Fields(() =>
    {
        outline.Key("common-name");
        Optional(certificate.CommonName);
        outline.Key("subject").Foreign(NameOf(certificate.Subject));
        outline.Key("issuer").Foreign(NameOf(certificate.Issuer));
        outline.Key("serial").Octets(certificate.SerialNumber.Span);
        outline.Key("version").Number(certificate.Version);
        outline.Key("not-before").Word(Second(certificate.NotBefore));
        outline.Key("not-after").Word(Second(certificate.NotAfter));
        outline.Key("key").Word(NameOf(certificate.PublicKey));
        OfFields(certificate.Extensions);
        outline.Key("size").Number(certificate.Raw.Length);
        outline.Key("sha256").Octets(SHA256.HashData(certificate.Raw.Span));
        outline.Key("extension");
        OfExtension(certificate.Extensions.Albatross);
    });

    /// <summary>A signing request, whose signature has been checked.</summary>
    public void Of(SigningRequest request) => outline.Fields(() =>
    {
        outline.Key("common-name");
        Optional(request.CommonName);
        outline.Key("key").Word(NameOf(request.PublicKey));
        outline.Key("extension");
        OfExtension(request.Command);
    });

    /// <summary>What a chain is good for.</summary>
    public void Of(ChainVerdict verdict) => outline.Fields(() =>
    {
        outline.Key("purpose").Word(verdict.Purpose.ToString().ToLowerInvariant());
        outline.Key("good").Boolean(verdict.Refusal is null);
        if (verdict.Refusal is { } refusal)
        {
            OfFields(refusal);
        }

        if (verdict.Authorisation is { } authorisation)
        {
            outline.Key("name").Word(authorisation.Name.ToString());
            outline.Key("command").Word(authorisation.Command.Words);
            outline.Key("policies").List(
                authorisation.Policies, granted => Named(granted.Path.ToString(), "policy", () => Of(granted.Policy)));
        }
    });

    /// <summary>Why something is refused: the sentence and its code.</summary>
    public void OfFields(Refusal refusal)
    {
        outline.Key("error").Foreign(refusal.Text);
        outline.Key("code").Word(refusal.CodeText);
    }

    private void OfFields(CertificateExtensions extensions)
    {
        outline.Key("ca").Boolean(extensions.IsCa);
        outline.Key("path-length").Number(extensions.PathLength);
        outline.Key("key-usage");
        if (extensions.KeyUsage is { } usages)
        {
            outline.List(UsageNames.Where(usage => usages.HasFlag(usage.Bit)), usage => outline.Word(usage.Name));
        }
        else
        {
            outline.Absent();
        }

        outline.Key("purposes");
        if (extensions.Purposes is { } purposes)
        {
            outline.List(purposes, purpose => outline.Word(NameOfPurpose(purpose)));
        }
        else
        {
            outline.Absent();
        }

        outline.Key("dns-names").List(extensions.DnsNames, outline.Foreign);
        outline.Key("ip-addresses").List(
            extensions.IpAddresses, address => outline.Word(new IPAddress(address.Span).ToString()));
        outline.Key("subject-key-id").OptionalOctets(extensions.SubjectKeyIdentifier);
        outline.Key("authority-key-id").OptionalOctets(extensions.AuthorityKeyIdentifier);
        outline.Key("unacceptable");
        Optional(extensions.Unacceptable);
    }

    // A broken extension does not hide the certificate that carries it: that is when people look.
    private void OfExtension(ReadOnlyMemory<byte>? value)
    {
        if (value is not { } der)
        {
            outline.Absent();
        }
        else if (ExtensionCodec.TryDecode(der, out Command? command, out Refusal? refusal))
        {
            OfExtension(command);
        }
        else
        {
            outline.Fields(() => OfFields(refusal));
        }
    }

    private void Optional(string? text)
    {
        if (text is null)
        {
            outline.Absent();
        }
        else
        {
            outline.Foreign(text);
        }
    }

    private static string NameOf(ReadOnlyMemory<byte> distinguishedName)
    {
        try
        {
            return new X500DistinguishedName(distinguishedName.Span).Name;
        }
        catch (CryptographicException)
        {
            return Convert.ToHexStringLower(distinguishedName.Span);   // an issuer's name is compared by its bytes, never read
        }
    }

    private static string Second(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(PublicKey key) => key.Algorithm.ToString().ToLowerInvariant();

    private static string NameOfPurpose(string oid) => oid switch
    {
        "1.3.6.1.5.5.7.3.1" => "server",
        "1.3.6.1.5.5.7.3.2" => "client",
        "2.5.29.37.0" => "any",
        _ => oid,
    };
}
