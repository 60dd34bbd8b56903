using System.Diagnostics.CodeAnalysis;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Client.Inspection;

/// <summary>A value of our own grammar that was read from bytes, and can be written again.</summary>
internal abstract record ReadValue
{
    private ReadValue() { }

    /// <summary>What stands before it; only a message has one.</summary>
    public virtual Header? Header => null;

    /// <summary>Not null when it holds a choice that this version does not know: then it can be neither described nor written.</summary>
    public virtual Refusal? Newer => null;

    /// <summary>Our encoding.</summary>
    public abstract byte[] Encode();

    /// <summary>Says what it is.</summary>
    public abstract void Describe(Description description);

    /// <summary>Reads exactly one value, which is a slice of <paramref name="der"/>.</summary>
    public static bool TryRead(
        InspectionKind kind, ReadOnlyMemory<byte> der, [NotNullWhen(true)] out ReadValue? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = kind switch
        {
            InspectionKind.Wire => WireCodec.TryDecode(der, out Wire? wire, out refusal) ? new Message(wire) : null,
            InspectionKind.Extension => ExtensionCodec.TryDecode(der, out Command? command, out refusal) ? new Extension(command) : null,
            InspectionKind.State => StateCodec.TryDecode(der, out StoredState? state, out refusal) ? new State(state) : null,
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
        return value is not null;
    }

    private static Refusal NewerThanUs(string where) => new(
        RefusalCode.UnknownTag, $"{where} is not known to protocol version {Header.Version} as of Albatross 2.7: a newer peer wrote it");

    private sealed record Message(Wire Wire) : ReadValue
    {
        public override Header? Header => Wire.Header;

        public override Refusal? Newer => Wire switch
        {
            Wire.Request { Command: Command.Unknown unknown } => NewerThanUs(unknown.Where),
            Wire.Answer { Reply: Reply.Unknown unknown } => NewerThanUs(unknown.Where),
            _ => null,
        };

        public override byte[] Encode() => WireCodec.Encode(Wire);

        public override void Describe(Description description) => description.Of(Wire);
    }

    private sealed record Extension(Command Command) : ReadValue
    {
        public override Refusal? Newer => Command is Command.Unknown unknown ? NewerThanUs(unknown.Where) : null;

        public override byte[] Encode() => ExtensionCodec.Encode(Command);

        public override void Describe(Description description) => description.OfExtension(Command);
    }

    private sealed record State(StoredState Stored) : ReadValue
    {
        public override byte[] Encode() => StateCodec.Encode(Stored);

        public override void Describe(Description description) => description.Of(Stored);
    }
}
