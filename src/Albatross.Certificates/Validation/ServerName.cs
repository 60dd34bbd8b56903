using System.Net;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates.Validation;

/// <summary>
/// The name by which a client knows its server: a DNS name or an IP address. It is compared with SubjectAltName only, exactly, without
/// wildcards (RFC 9525 section 6); DNS names without regard to ASCII case. The server certificates of <c>albatross-client</c> have no
/// SubjectAltName: for those, and only when the person asks, <see cref="NameSource.CommonName"/> compares the common name instead.
/// </summary>
public sealed record ServerName
{
    private const int MaxDnsLength = 253;

    private ServerName(string text, IPAddress? address)
    {
        Text = text;
        Address = address;
    }

    /// <summary>The name without a trailing dot, or the address in its usual form.</summary>
    public string Text { get; }

    /// <summary>The address, when the name is one.</summary>
    public IPAddress? Address { get; }

    /// <summary>
    /// Reads a name: an IP address, or 1 to 253 letters, digits, '-', '_' and '.' with no empty component but a trailing dot.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerName? name, [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = null;
        name = null;
        if (IPAddress.TryParse(text, out IPAddress? address)
            && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3))
        {
            name = new ServerName(address.ToString(), address);
            return true;
        }

        string dns = text.EndsWith('.') ? text[..^1] : text;
        if (dns.Length is 0 or > MaxDnsLength
            || dns.Split('.').Any(part => part.Length is 0 or > 63 || !part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            refusal = new Refusal(RefusalCode.InvalidValue, $"{PrintableText.Of(text)} is neither a DNS name nor an IP address");
            return false;
        }

        name = new ServerName(dns, null);
        return true;
    }

    /// <summary>Null when <paramref name="leaf"/> is for this name; otherwise a refusal that lists the names that it is for.</summary>
    public Refusal? Check(ParsedCertificate leaf, NameSource source)
    {
        bool matches = source switch
        {
            NameSource.CommonName => leaf.CommonName is { } commonName && IsSameDns(commonName),
            _ when Address is { } address => leaf.Extensions.IpAddresses.Any(ip => ip.Span.SequenceEqual(address.GetAddressBytes())),
            _ => leaf.Extensions.DnsNames.Any(IsSameDns),
        };
        return matches ? null
            : new Refusal(RefusalCode.ServerNameMismatch, $"the server's certificate is for {NamesOf(leaf)}, not for {Text}");
    }

    private bool IsSameDns(string other) => string.Equals(other, Text, StringComparison.OrdinalIgnoreCase);

    private static string NamesOf(ParsedCertificate leaf)
    {
        string[] names =
        [
            .. leaf.Extensions.DnsNames.Select(PrintableText.Of),
            .. leaf.Extensions.IpAddresses.Select(ip => new IPAddress(ip.Span).ToString()),
        ];
        return names.Length > 0 ? string.Join(", ", names.Take(5)) : $"no name but the common name {PrintableText.Of(leaf.CommonName)}";
    }
}

/// <summary>Where in a server's certificate its name is looked for.</summary>
public enum NameSource
{
    /// <summary>dNSName and iPAddress of SubjectAltName (RFC 9525).</summary>
    SubjectAlternativeName = 0,

    /// <summary>The common name, for certificates of the original, which have nothing else.</summary>
    CommonName = 1,
}
