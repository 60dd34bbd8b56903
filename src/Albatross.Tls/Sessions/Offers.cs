using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Sessions;

/// <summary>What both ends offer, best first (wire specification, section 8; AES-CCM and finite-field groups are left out).</summary>
internal static class Offers
{
    public static int[] Suites() =>
        [CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_AES_256_GCM_SHA384, CipherSuite.TLS_CHACHA20_POLY1305_SHA256];

    public static int[] Groups() => [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.secp521r1];
}
