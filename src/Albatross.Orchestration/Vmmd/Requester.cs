using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Who gets the answer.</summary>
/// <param name="Connection">The connection that the command came on; the shell's number, never used again.</param>
/// <param name="Header">The command's header, copied into the answer.</param>
public sealed record Requester(long Connection, Header Header);
