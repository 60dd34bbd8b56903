using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Daemon.Vmmd;

/// <summary>What the host offers, looked at again when a command may be about what is new: a bridge can be made at any time.</summary>
internal sealed class OfferedResources(string blockDirectory)
{
    private readonly Lock _gate = new();

    /// <summary>What it offered when it was last looked at.</summary>
    public ResourcePolicy Last { get; private set; } = HostInspection.RootPolicy(blockDirectory);

    /// <summary>What vmmd has to know before <paramref name="command"/>; null when nothing has changed or it does not matter.</summary>
    public VmmdInput.HostChanged? ChangeBefore(Command command)
    {
        if (command is not (Command.UnikernelCreate or Command.UnikernelRestart or Command.PolicyAdd or Command.PolicyAddAll
            or Command.PolicyInfo))
        {
            return null;
        }

        lock (_gate)
        {
            ResourcePolicy now = HostInspection.RootPolicy(blockDirectory);
            if (now == Last)
            {
                return null;
            }

            Last = now;
            return new VmmdInput.HostChanged(now);
        }
    }
}
