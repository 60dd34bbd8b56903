using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Tests.Certificates;

/// <summary>tests/golden/pki: keys, certificates and requests made by the real albatross-client on 2026-11-23.</summary>
internal static class GoldenPki
{
    /// <summary>An instant at which everything in it is valid, server certificates too (they expire on 2027-11-23).</summary>
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly string[] KeyTypes = ["ed25519", "p256", "p384", "p521", "rsa2048", "rsa4096"];

    public static string PathOf(string file) => GoldenFiles.PathOf(Path.Combine("pki", file));

    public static string Text(string file) => File.ReadAllText(PathOf(file));

    public static ImmutableArray<ParsedCertificate> Certificates(string file) =>
        Pem.TryReadCertificates(Text(file), out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal)
            ? certificates
            : throw new InvalidOperationException($"{file}: {refusal.Text}");

    public static KeyPair Key(string file) => KeyPair.TryReadPem(Text(file), out KeyPair? key, out Refusal? refusal)
        ? key
        : throw new InvalidOperationException($"{file}: {refusal.Text}");

    public static byte[] Der(string file) => Pem.TryParse(Text(file), out ImmutableArray<PemBlock> blocks, out Refusal? refusal)
        ? blocks[0].Der.ToArray()
        : throw new InvalidOperationException($"{file}: {refusal.Text}");
}
