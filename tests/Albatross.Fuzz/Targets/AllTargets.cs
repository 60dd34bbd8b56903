using Albatross.Fuzz.Harness;

namespace Albatross.Fuzz.Targets;

/// <summary>Every decoder that a stranger reaches.</summary>
internal static class AllTargets
{
    // A further type of albatross5.asn1 is one SchemaTarget: its name, its type, its seeds and its decoder.
    public static ImmutableArray<FuzzTarget> List { get; } =
    [
        SchemaTarget.Wire, SchemaTarget.Extension, new StateTarget(), new FrameTarget(), new CertificateTarget(), new ChainTarget(),
        new RequestTarget(), new PemTarget(), new NameTarget(), new ImageTarget(), new LineTarget(),
    ];
}
