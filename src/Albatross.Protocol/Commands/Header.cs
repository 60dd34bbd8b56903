using Albatross.Policy.Names;

namespace Albatross.Protocol.Commands;

/// <summary>What stands before every command and reply (wire specification, section 3): the version is always 5.</summary>
/// <param name="Sequence">Chosen by the requester and copied into the reply.</param>
/// <param name="Name">What the command is about; in a list reply the name that was asked for.</param>
public sealed record Header(long Sequence, Name Name)
{
    /// <summary>The only protocol version that is spoken.</summary>
    public const long Version = 5;
}
