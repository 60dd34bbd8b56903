using Albatross.Policy;
using Org.BouncyCastle.Tls;
using Alert = Org.BouncyCastle.Tls.AlertDescription;

namespace Albatross.Tls.Crypto;

/// <summary>A refusal on its way through BouncyCastle: it sends the alert that belongs to the code and throws this again.</summary>
internal sealed class RefusalAlert(Refusal refusal) : TlsFatalAlert(AlertOf(refusal.Code), refusal.Text)
{
    /// <summary>What was refused.</summary>
    public Refusal Refusal => refusal;

    /// <summary>
    /// The alert for a refusal (RFC 8446 6.2). A certificate that is not valid yet is reported as expired, as the original does; unlike
    /// it, a missing certificate and an unknown CA have alerts of their own.
    /// </summary>
    public static short AlertOf(RefusalCode code) => code switch
    {
        RefusalCode.CertificateExpired or RefusalCode.CertificateNotYetValid => Alert.certificate_expired,
        RefusalCode.UnknownCa => Alert.unknown_ca,
        RefusalCode.CertificateRequired => Alert.certificate_required,
        RefusalCode.UnsupportedKey => Alert.unsupported_certificate,
        RefusalCode.HandshakeFailed => Alert.internal_error,
        _ => Alert.bad_certificate,
    };
}
