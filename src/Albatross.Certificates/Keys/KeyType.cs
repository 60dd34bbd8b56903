namespace Albatross.Certificates.Keys;

/// <summary>The keys that can be made; the names are those of the peer's <c>--key-type</c>, in lower case.</summary>
public enum KeyType
{
    /// <summary>Ed25519, the default.</summary>
    Ed25519 = 0,

    /// <summary>NIST P-256.</summary>
    P256 = 1,

    /// <summary>NIST P-384.</summary>
    P384 = 2,

    /// <summary>NIST P-521.</summary>
    P521 = 3,

    /// <summary>RSA of 2048 bits; making one takes some tenths of a second.</summary>
    Rsa2048 = 4,

    /// <summary>RSA of 4096 bits; making one takes some seconds.</summary>
    Rsa4096 = 5,
}
