using System.Security.Cryptography;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates;

/// <summary>
/// Text of PEM blocks and the values in them (RFC 7468). Text between blocks is ignored; a block that begins must be whole and well-formed,
/// unlike with readers that skip what they do not understand.
/// </summary>
public static class Pem
{
    /// <summary>The longest text, in characters: a chain of 16 MiB of DER takes 22 million.</summary>
    public const int MaxCharacters = 32 * 1024 * 1024;

    /// <summary>The most blocks of one text.</summary>
    public const int MaxBlocks = 64;

    private const string Begin = "-----BEGIN ";
    private const string CertificateLabel = "CERTIFICATE";

    /// <summary>Reads all blocks in their order, or says what is wrong with the text.</summary>
    public static bool TryParse(string text, out ImmutableArray<PemBlock> blocks, [NotNullWhen(false)] out Refusal? refusal)
    {
        blocks = [];
        if (text.Length > MaxCharacters)
        {
            refusal = new Refusal(RefusalCode.TooLarge, $"a PEM text of {text.Length} characters, at most {MaxCharacters} are read");
            return false;
        }

        int begun = text.AsSpan().Count(Begin);
        if (begun > MaxBlocks)
        {
            refusal = new Refusal(RefusalCode.TooLarge, $"a PEM text of {begun} blocks, at most {MaxBlocks} are read");
            return false;
        }

        var found = ImmutableArray.CreateBuilder<PemBlock>();
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            byte[] der = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(rest[fields.Base64Data], der, out int written) || written != der.Length)
            {
                break;
            }

            found.Add(new PemBlock(rest[fields.Label].ToString(), der));
            rest = rest[fields.Location.End..];
        }

        // TryFind passes over a block that it cannot read; then fewer are found than begin.
        refusal = found.Count == begun ? null
            : new Refusal(RefusalCode.CertificateMalformed, $"of {begun} PEM blocks only {found.Count} can be read");
        blocks = refusal is null ? found.DrainToImmutable() : [];
        return refusal is null;
    }

    /// <summary>
    /// Reads the certificates of a text in their order, at least one; blocks of other labels (keys, parameters) are passed over.
    /// </summary>
    public static bool TryReadCertificates(
        string text, out ImmutableArray<ParsedCertificate> certificates, [NotNullWhen(false)] out Refusal? refusal)
    {
        certificates = [];
        if (!TryParse(text, out ImmutableArray<PemBlock> blocks, out refusal))
        {
            return false;
        }

        var found = ImmutableArray.CreateBuilder<ParsedCertificate>();
        foreach (PemBlock block in blocks.Where(b => b.Label == CertificateLabel))
        {
            if (!ParsedCertificate.TryParse(block.Der, out ParsedCertificate? certificate, out refusal))
            {
                refusal = refusal with { Text = $"certificate {found.Count + 1} of the text: {refusal.Text}" };
                return false;
            }

            found.Add(certificate);
        }

        refusal = found.Count > 0 ? null : new Refusal(RefusalCode.CertificateMalformed, "the text holds no certificate in PEM form");
        certificates = found.DrainToImmutable();
        return refusal is null;
    }

    /// <summary>One block with lines of 64 characters and a line feed at the end.</summary>
    public static string Write(string label, ReadOnlySpan<byte> der) => PemEncoding.WriteString(label, der) + "\n";

    /// <summary>The certificates in their order.</summary>
    public static string Write(IEnumerable<ParsedCertificate> certificates) =>
        string.Concat(certificates.Select(certificate => Write(CertificateLabel, certificate.Raw.Span)));
}

/// <summary>One block of a PEM text.</summary>
/// <param name="Label">What stands after BEGIN, such as <c>CERTIFICATE</c>.</param>
/// <param name="Der">What its lines decode to.</param>
public sealed record PemBlock(string Label, ReadOnlyMemory<byte> Der);
