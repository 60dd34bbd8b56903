using Albatross.Client.Blocks;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Sessions;

/// <summary>What is asked, of whom, and how the answer comes.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Command">The command.</param>
/// <param name="Service">The local service that takes it.</param>
/// <param name="Mode">How the answer comes.</param>
internal sealed record Question(Name Name, Command Command, Service Service, AnswerMode Mode)
{
    /// <summary>What is sent after the command; the caller disposes it.</summary>
    public BlockContent? Content { get; init; }
}

/// <summary>The local services and their sockets.</summary>
internal enum Service
{
    /// <summary>Unikernels, policies and block devices.</summary>
    Vmmd,

    /// <summary>Consoles.</summary>
    Console,
}

/// <summary>How an answer comes (wire specification, 7.4).</summary>
internal enum AnswerMode
{
    /// <summary>One reply.</summary>
    Single,

    /// <summary>Replies until somebody closes.</summary>
    Stream,

    /// <summary>A reply that announces a block device's content, which follows and goes into a file.</summary>
    BlockContent,
}
