using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates;

/// <summary>
/// Does a chain fit a TLS 1.3 Certificate message (RFC 8446 4.4.2)? Its 24-bit length covers the whole list: a context of one octet,
/// three octets of list length, and five octets around each certificate. To be asked before connecting; TLS itself fails late and
/// unclearly.
/// </summary>
public static class CertificateListSize
{
    /// <summary>The most octets of a handshake message: 2^24 - 1.</summary>
    public const int MaxMessageBytes = 0xFFFFFF;

    private const int FixedBytes = 4;
    private const int BytesPerCertificate = 5;

    /// <summary>The octets of the message for <paramref name="chain"/>.</summary>
    public static long MessageBytes(IEnumerable<ParsedCertificate> chain) =>
        FixedBytes + chain.Sum(certificate => (long)certificate.Raw.Length + BytesPerCertificate);

    /// <summary>Null when it fits, otherwise a refusal with both sizes.</summary>
    public static Refusal? Check(IEnumerable<ParsedCertificate> chain)
    {
        long bytes = MessageBytes(chain);
        string sizes = $"the chain takes {bytes} bytes, at most {MaxMessageBytes} are possible; stream the image instead";
        return bytes <= MaxMessageBytes ? null : new Refusal(RefusalCode.TooLarge, $"certificate too big for TLS: {sizes}");
    }
}
