using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// What vmmd does next: state and input in, state and effects out. No input, output, clock, randomness or thread, so that
/// the whole life of a host runs in a unit test.
/// </summary>
/// <example><code>(state, effects) = VmmdStep.Step(state, new VmmdInput.CommandReceived(from, command));</code></example>
public static partial class VmmdStep
{
    /// <summary>One transition.</summary>
    public static (VmmdState State, ImmutableArray<VmmdEffect> Effects) Step(VmmdState state, VmmdInput input)
    {
        var turn = new Turn(state);
        switch (input)
        {
            case VmmdInput.CommandReceived received:
                Carry(turn, received.From, received.Command);
                break;
            case VmmdInput.ImagePrepared prepared:
                ImagePrepared(turn, prepared);
                break;
            case VmmdInput.ImageRefused refused:
                ImageRefused(turn, refused);
                break;
            case VmmdInput.DevicesAttached attached:
                DevicesAttached(turn, attached);
                break;
            case VmmdInput.DevicesFailed failed:
                StartFailed(turn, failed.Name, failed.Incarnation, failed.Refusal);
                break;
            case VmmdInput.ConsoleOpened opened:
                ConsoleOpened(turn, opened);
                break;
            case VmmdInput.ConsoleFailed failed:
                StartFailed(turn, failed.Name, failed.Incarnation, failed.Refusal);
                break;
            case VmmdInput.TenderStarted started:
                TenderStarted(turn, started);
                break;
            case VmmdInput.TenderFailed failed:
                StartFailed(turn, failed.Name, failed.Incarnation, failed.Refusal);
                break;
            case VmmdInput.TenderExited exited:
                TenderExited(turn, exited);
                break;
            case VmmdInput.TimerFired fired:
                TimerFired(turn, fired);
                break;
            case VmmdInput.Stored stored:
                Stored(turn, stored.Version);
                break;
            case VmmdInput.StoreFailed failed:
                StoreFailed(turn, failed.Refusal);
                break;
            case VmmdInput.Restored restored:
                Restore(turn, restored);
                break;
            case VmmdInput.BlockDone done:
                BlockDone(turn, done.Name);
                break;
            case VmmdInput.BlockFailed failed:
                BlockFailed(turn, failed.Name, failed.Refusal);
                break;
            case VmmdInput.HostChanged changed:
                HostChanged(turn, changed.Root);
                break;
            case VmmdInput.StatisticsAttached:
                TellAll(turn);
                break;
            case VmmdInput.ConsoleRestarted:
                ReopenConsoles(turn);
                break;
            case VmmdInput.ShutdownRequested requested:
                ShutDown(turn, requested.StopUnikernels);
                break;
            default:
                throw new UnreachableException($"input {input.GetType().Name} has no transition");
        }

        StartNextLevels(turn);
        return turn.Finish();
    }

    private static void Carry(Turn turn, Requester from, Command command)
    {
        if (turn.State.Stopping)
        {
            turn.Refuse(from, new Refusal(RefusalCode.ShuttingDown, "the daemon is stopping"));
            return;
        }

        switch (command)
        {
            case Command.UnikernelCreate create:
                Create(turn, from, create);
                break;
            case Command.UnikernelDestroy:
                Destroy(turn, from);
                break;
            case Command.UnikernelInfo info:
                Info(turn, from, info.Form);
                break;
            case Command.UnikernelRestart restart:
                Restart(turn, from, restart.Settings);
                break;
            case Command.UnikernelGet get:
                Get(turn, from, get.Level);
                break;
            case Command.PolicyAdd add:
                AddPolicy(turn, from, add.Policy);
                break;
            case Command.PolicyAddAll add:
                AddPolicies(turn, from, add.Policies);
                break;
            case Command.PolicyRemove:
                RemovePolicy(turn, from);
                break;
            case Command.PolicyInfo:
                PolicyInfo(turn, from);
                break;
            case Command.BlockInfo or Command.BlockAdd or Command.BlockOldAdd or Command.BlockSet or Command.BlockOldSet:
            case Command.BlockDump or Command.BlockOldDump or Command.BlockRemove:
                CarryBlock(turn, from, command);
                break;
            case Command.StatisticsInitial:
                turn.Answer(from, new Reply.Empty(), Connection.KeepOpen);   // the shell then tells on this connection what runs
                break;
            case Command.ConsoleAdd or Command.ConsoleSubscribe or Command.ConsoleInactive:
            case Command.StatisticsAdd or Command.StatisticsRemove or Command.StatisticsSubscribe:
                turn.Refuse(from, new Refusal(RefusalCode.UnexpectedCommand, "unknown command"));
                break;
            default:
                turn.Refuse(from, new Refusal(RefusalCode.NotSupported, $"{command.Words} is not supported by this version of the daemon"));
                break;
        }
    }
}
