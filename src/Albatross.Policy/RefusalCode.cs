namespace Albatross.Policy;

/// <summary>The kinds of <see cref="Refusal"/>. Values may be added, never renumbered or given another meaning.</summary>
public enum RefusalCode
{
    /// <summary>A label, path or name breaks the grammar of names.</summary>
    InvalidName = 1,

    /// <summary>Bytes that do not follow their grammar (DER, frame, ELF, PEM).</summary>
    Malformed = 2,

    /// <summary>A protocol version other than 5.</summary>
    UnsupportedVersion = 3,

    /// <summary>A choice of the grammar that this version does not know; the header was readable.</summary>
    UnknownTag = 4,

    /// <summary>Something is larger than the limit that its sentence names.</summary>
    TooLarge = 5,

    /// <summary>A number outside its range (memory, sizes, CPU numbers, counts).</summary>
    InvalidValue = 6,

    /// <summary>A limit of a policy would be exceeded.</summary>
    PolicyExceeded = 7,

    /// <summary>A CPU or bridge that the policy does not list.</summary>
    NotAllowedByPolicy = 8,

    /// <summary>A policy that its parent, its children or the running unikernels contradict.</summary>
    PolicyConflict = 9,

    /// <summary>A unikernel of that name exists.</summary>
    AlreadyExists = 10,

    /// <summary>Nothing of that name.</summary>
    NotFound = 11,

    /// <summary>A command that this service or place does not take.</summary>
    UnexpectedCommand = 12,

    /// <summary>A command that this version does not carry out.</summary>
    NotSupported = 13,

    /// <summary>An image that is no Solo5 unikernel for this host, or does not fit its configuration.</summary>
    InvalidImage = 14,

    /// <summary>Another command on the same name is being carried out.</summary>
    Busy = 15,

    /// <summary>The host could not do it (the sentence has the system's reason).</summary>
    HostFailure = 16,

    /// <summary>The daemon is stopping.</summary>
    ShuttingDown = 17,

    /// <summary>A service of the daemon does not answer.</summary>
    ServiceUnreachable = 18,

    /// <summary>An hvt image on a host whose KVM is missing, or cannot be used by the daemon.</summary>
    NoKvm = 19,

    /// <summary>A unikernel is wanted and does not run at the moment.</summary>
    NotRunning = 20,

    /// <summary>A certificate chain that does not lead to the configured trust anchor.</summary>
    UnknownCa = 40,

    /// <summary>A certificate whose validity is over.</summary>
    CertificateExpired = 41,

    /// <summary>A certificate whose validity has not begun.</summary>
    CertificateNotYetValid = 42,

    /// <summary>Bytes that are no certificate, request or key in DER.</summary>
    CertificateMalformed = 43,

    /// <summary>A readable certificate that may not be used like this: signature, path length, usage, extensions, version.</summary>
    CertificateRefused = 44,

    /// <summary>A key or signature algorithm that is not accepted.</summary>
    UnsupportedKey = 45,

    /// <summary>The peer presented no certificate.</summary>
    CertificateRequired = 46,

    /// <summary>More certificates in a chain than are accepted.</summary>
    ChainTooLong = 47,

    /// <summary>A leaf without the Albatross extension.</summary>
    NoExtension = 48,

    /// <summary>A server certificate that is not for the expected name.</summary>
    ServerNameMismatch = 49,

    /// <summary>A TLS handshake that failed, stalled or ended early; the sentence has the reason.</summary>
    HandshakeFailed = 50,
}
