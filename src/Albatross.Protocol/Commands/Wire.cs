namespace Albatross.Protocol.Commands;

/// <summary>What one frame carries: a header and either a command or a reply (wire specification, Wire).</summary>
public abstract record Wire
{
    private protected Wire(Header header) => Header = header;

    /// <summary>Version, sequence and name.</summary>
    public Header Header { get; init; }

    /// <summary>Something is asked.</summary>
    public sealed record Request : Wire
    {
        /// <summary>Asks <paramref name="command"/> of what <paramref name="header"/> names.</summary>
        public Request(Header header, Command command)
            : base(header) => Command = command;

        /// <summary>What is asked.</summary>
        public Command Command { get; }
    }

    /// <summary>Something is answered.</summary>
    public sealed record Answer : Wire
    {
        /// <summary>Answers <paramref name="reply"/> about what <paramref name="header"/> names.</summary>
        public Answer(Header header, Reply reply)
            : base(header) => Reply = reply;

        /// <summary>What is answered.</summary>
        public Reply Reply { get; }
    }
}
