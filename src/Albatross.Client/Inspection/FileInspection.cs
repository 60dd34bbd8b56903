using System.Collections.Immutable;
using System.Text;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Protocol.Frames;

namespace Albatross.Client.Inspection;

/// <summary>
/// Describes one file: its kind, every value in it, and for certificates the verdict on the chain when there are anchors. What is found
/// is written at once, so that a malformed end does not hide a good beginning.
/// </summary>
internal sealed class FileInspection(Outline outline, Disclosure disclosure)
{
    private readonly Description _description = new(outline, disclosure);

    /// <summary>Why the file, or a part of it, cannot be read; null when all of it was.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>The verdict on a chain; null when none was asked for.</summary>
    public ChainVerdict? Verdict { get; private set; }

    /// <summary>Writes the fields of <paramref name="bytes"/>.</summary>
    /// <param name="kind">What they are; null to find out.</param>
    /// <param name="bytes">The content of the file.</param>
    /// <param name="anchors">The CAs that a chain may end at; null for no verdict.</param>
    /// <param name="instant">When a chain is to be valid.</param>
    public void Run(
        InspectionKind? kind, ReadOnlyMemory<byte> bytes, ImmutableArray<ParsedCertificate>? anchors, DateTimeOffset instant)
    {
        kind ??= Recognition.KindOf(bytes.Span);
        if (kind is not { } known)
        {
            Refusal = new Refusal(
                RefusalCode.Malformed,
                bytes.IsEmpty ? "there is nothing in it"
                    : "it begins like no message, extension, state, certificate or signing request: --kind says what it should be");
            return;
        }

        outline.Key("kind").Word(known.ToString().ToLowerInvariant());
        switch (known)
        {
            case InspectionKind.Certificate:
                OfCertificates(bytes, anchors, instant);
                break;
            case InspectionKind.Request:
                OfRequest(bytes);
                break;
            case InspectionKind.Wire when Recognition.IsFramed(bytes.Span):
                outline.Key("values");
                outline.BeginList();
                OfFrames(bytes);
                outline.EndList();
                break;
            default:
                outline.Key("values");
                outline.BeginList();
                OfValue(known, bytes);
                outline.EndList();
                break;
        }
    }

    private void OfFrames(ReadOnlyMemory<byte> bytes)
    {
        var frames = new FrameReader(FrameLimits.Reply);
        ReadOnlySpan<byte> rest = bytes.Span;
        for (int number = 1; ; number++)
        {
            FrameStep step = frames.Read(ref rest, out ReadOnlyMemory<byte> frame, out Refusal? refusal);
            switch (step)
            {
                case FrameStep.Frame when OfValue(InspectionKind.Wire, frame):
                    continue;
                case FrameStep.Frame:
                    refusal = Refusal;
                    break;
                case FrameStep.NeedsMore when frames.IsWithinFrame:
                    refusal = new Refusal(RefusalCode.Malformed, "the bytes end within a frame");
                    break;
                case FrameStep.End when !rest.IsEmpty:
                    refusal = new Refusal(RefusalCode.Malformed, "there are bytes after the end of the stream (a frame of length 0)");
                    break;
                default:
                    break;
            }

            Refusal = refusal is null ? null : refusal with { Text = $"frame {number}: {refusal.Text}" };
            return;
        }
    }

    // A choice of a newer peer is refused, but its header is shown.
    private bool OfValue(InspectionKind kind, ReadOnlyMemory<byte> der)
    {
        if (!ReadValue.TryRead(kind, der, out ReadValue? value, out Refusal? refusal) || value.Newer is not null)
        {
            Refusal = refusal ?? value!.Newer;
            if (value?.Header is { } header)
            {
                outline.Choice("header", () => _description.Of(header));
            }

            return false;
        }

        value.Describe(_description);
        return true;
    }

    private void OfCertificates(ReadOnlyMemory<byte> bytes, ImmutableArray<ParsedCertificate>? anchors, DateTimeOffset instant)
    {
        if (!TryReadCertificates(bytes, out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal))
        {
            Refusal = refusal;
            return;
        }

        outline.Key("values").List(certificates, _description.Of);
        if (anchors is { } trusted)
        {
            Verdict = ChainVerdict.Of(certificates, trusted, instant);
            outline.Key("verdict");
            _description.Of(Verdict);
        }
    }

    private void OfRequest(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> der = bytes;
        Refusal? refusal = null;
        if (Recognition.IsPem(bytes.Span))
        {
            der = TryReadPem(bytes, out string? text, out refusal) && Pem.TryParse(text, out ImmutableArray<PemBlock> blocks, out refusal)
                ? blocks.FirstOrDefault(block => block.Label.EndsWith("CERTIFICATE REQUEST", StringComparison.Ordinal))?.Der ?? default
                : default;
        }

        if (refusal is null && SigningRequest.TryParse(der, out SigningRequest? request, out refusal))
        {
            outline.Key("values").List([request], _description.Of);
        }

        Refusal = refusal;
    }

    private static bool TryReadCertificates(
        ReadOnlyMemory<byte> bytes, out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal)
    {
        certificates = [];
        if (Recognition.IsPem(bytes.Span))
        {
            return TryReadPem(bytes, out string? text, out refusal) && Pem.TryReadCertificates(text, out certificates, out refusal);
        }

        bool isGood = ParsedCertificate.TryParse(bytes, out ParsedCertificate? certificate, out refusal);
        certificates = isGood ? [certificate!] : [];
        return isGood;
    }

    // Base64 and the lines around it are ASCII; other bytes may stand between blocks, where they do not count.
    private static bool TryReadPem(ReadOnlyMemory<byte> bytes, out string text, out Refusal? refusal)
    {
        bool fits = bytes.Length <= Pem.MaxCharacters;
        refusal = fits ? null
            : new Refusal(RefusalCode.TooLarge, $"a PEM text of {bytes.Length} characters, at most {Pem.MaxCharacters} are read");
        text = fits ? Encoding.Latin1.GetString(bytes.Span) : "";
        return fits;
    }
}
