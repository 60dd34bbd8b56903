using System.Security.Cryptography;

namespace Albatross.Certificates.Keys;

/// <summary>
/// The signature algorithms of certificates: SHA-256, -384 or -512 with ECDSA or RSA PKCS #1 v1.5, and Ed25519 (wire specification,
/// section 8). An AlgorithmIdentifier has exactly one accepted encoding: NULL parameters for RSA, none for the others (RFC 4055, 5758,
/// 8410).
/// </summary>
internal sealed record SignatureAlgorithm(string Identifier, HashAlgorithmName Hash, bool IsRsa)
{
    // AlgorithmIdentifier in DER, by algorithm.
    private static readonly ImmutableArray<(string Hex, HashAlgorithmName Hash, bool IsRsa)> Known =
    [
        ("300506032B6570", default, false),
        ("300A06082A8648CE3D040302", HashAlgorithmName.SHA256, false),
        ("300A06082A8648CE3D040303", HashAlgorithmName.SHA384, false),
        ("300A06082A8648CE3D040304", HashAlgorithmName.SHA512, false),
        ("300D06092A864886F70D01010B0500", HashAlgorithmName.SHA256, true),
        ("300D06092A864886F70D01010C0500", HashAlgorithmName.SHA384, true),
        ("300D06092A864886F70D01010D0500", HashAlgorithmName.SHA512, true),
    ];

    private static readonly ImmutableArray<SignatureAlgorithm> All = [.. Known.Select(k => new SignatureAlgorithm(k.Hex, k.Hash, k.IsRsa))];

    /// <summary>Whether this is Ed25519, which has no separate hash.</summary>
    public bool IsEd25519 => Hash == default;

    /// <summary>The AlgorithmIdentifier in DER.</summary>
    public byte[] Der => Convert.FromHexString(Identifier);

    /// <summary>The algorithm of an AlgorithmIdentifier in DER, or null when it is not accepted.</summary>
    public static SignatureAlgorithm? Of(ReadOnlySpan<byte> algorithmIdentifier)
    {
        if (algorithmIdentifier.Length > 32)
        {
            return null;
        }

        string hex = Convert.ToHexString(algorithmIdentifier);
        return All.FirstOrDefault(a => a.Identifier == hex);
    }

    /// <summary>
    /// The algorithm with which a key of <paramref name="algorithm"/> signs (as the peer chooses: the hash of the curve's size, SHA-256
    /// for RSA).
    /// </summary>
    public static SignatureAlgorithm For(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Ed25519 => All[0],
        KeyAlgorithm.P256 => All[1],
        KeyAlgorithm.P384 => All[2],
        KeyAlgorithm.P521 => All[3],
        KeyAlgorithm.Rsa => All[4],
        _ => throw new UnreachableException($"key algorithm {algorithm} has no signature algorithm"),
    };
}
