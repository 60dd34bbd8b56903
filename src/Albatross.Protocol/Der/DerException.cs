using Albatross.Policy;

namespace Albatross.Protocol.Der;

/// <summary>
/// Ends the reading of one encoding. Thrown by readers, caught by the codec that owns the bytes (TryDecode), seen by nobody else.
/// </summary>
internal sealed class DerException(Refusal refusal) : Exception(refusal.Text)
{
    /// <summary>What the caller of the codec is told.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>The bytes break the rules of DER or the grammar.</summary>
    public static DerException Malformed(string text) => new(new Refusal(RefusalCode.Malformed, text));
}
