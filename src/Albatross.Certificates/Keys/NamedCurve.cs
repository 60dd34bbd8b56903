using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;

namespace Albatross.Certificates.Keys;

/// <summary>One of the three NIST curves: its object identifier and the size of its numbers in octets.</summary>
internal sealed record NamedCurve(KeyAlgorithm Algorithm, string Oid, int FieldBytes)
{
    private static readonly ImmutableArray<NamedCurve> All =
    [
        new(KeyAlgorithm.P256, "1.2.840.10045.3.1.7", 32),
        new(KeyAlgorithm.P384, "1.3.132.0.34", 48),
        new(KeyAlgorithm.P521, "1.3.132.0.35", 66),
    ];

    /// <summary>The curve of an object identifier, or null.</summary>
    public static NamedCurve? Find(string oid) => All.FirstOrDefault(curve => curve.Oid == oid);

    /// <summary>The curve of an ECDSA algorithm.</summary>
    public static NamedCurve Of(KeyAlgorithm algorithm) => All.First(curve => curve.Algorithm == algorithm);

    /// <summary>The curve's numbers for BouncyCastle.</summary>
    public ECDomainParameters Domain
    {
        get
        {
            var oid = new DerObjectIdentifier(Oid);
            X9ECParameters parameters = CustomNamedCurves.GetByOid(oid);
            return new ECNamedDomainParameters(oid, parameters);
        }
    }

    /// <summary>
    /// The uncompressed point that belongs to the secret number <paramref name="secret"/>, or null when that is not within 1 to n-1.
    /// </summary>
    public byte[]? PublicPoint(ReadOnlySpan<byte> secret)
    {
        ECDomainParameters domain = Domain;
        var d = new BigInteger(1, secret);
        return d.SignValue > 0 && d.CompareTo(domain.N) < 0 ? domain.G.Multiply(d).Normalize().GetEncoded(false) : null;
    }
}
