using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// The block commands. One at a time works on a block device, and none while a unikernel has it; meanwhile no unikernel gets it. What the
/// host is to do is done as a whole or not at all: a failed set leaves the content that was there.
/// </summary>
public static partial class VmmdStep
{
    // Files are called by the name, and whoever copies one puts a mark behind it.
    private const int MaxBlockNameLength = MaxNameLength - 16;

    private static void CarryBlock(Turn turn, Requester from, Command command)
    {
        switch (command)
        {
            case Command.BlockInfo:
                BlockInfo(turn, from);
                break;
            case Command.BlockAdd add:
                AddBlock(turn, from, add.SizeMib, content: null);
                break;
            case Command.BlockOldAdd { Data: { } data } add:
                AddBlock(turn, from, add.SizeMib, new BlockContent(add.Compressed, Sender: null, data));
                break;
            case Command.BlockOldAdd add:
                AddBlock(turn, from, add.SizeMib, content: null);
                break;
            case Command.BlockSet set:
                FillBlock(turn, from, new BlockContent(set.Compressed, from, default));
                break;
            case Command.BlockOldSet set:
                FillBlock(turn, from, new BlockContent(set.Compressed, Sender: null, set.Data));
                break;
            case Command.BlockDump dump:
                SendBlock(turn, from, dump.Level, isWhole: false);
                break;
            case Command.BlockOldDump dump:
                SendBlock(turn, from, dump.Level, isWhole: true);
                break;
            default:
                RemoveBlock(turn, from);
                break;
        }
    }

    private static void BlockInfo(Turn turn, Requester from)
    {
        Name asked = from.Header.Name;
        ResourceTree resources = turn.State.Resources;
        var entries = MeantBy(asked, resources.BlockDevices)
            .Where(entry => turn.State.BlockWork.GetValueOrDefault(entry.Key)?.Task != BlockTask.Add)
            .Select(entry => new Entry<BlockDevice>(
                Shown(entry.Key, asked), new BlockDevice(entry.Value, resources.IsInUse(entry.Key))));
        turn.Answer(from, new Reply.BlockDevices([.. entries]));
    }

    private static void AddBlock(Turn turn, Requester from, long sizeMib, BlockContent? content)
    {
        Name name = from.Header.Name;
        Refusal? refusal = RefuseBlockName(name)
            ?? turn.State.Resources.RefuseBlock(name, sizeMib)
            ?? (content is null ? null : RefuseContent(sizeMib, content));
        if (refusal is not null)
        {
            turn.Refuse(from, refusal);
            return;
        }

        turn.State = turn.State with { Resources = turn.State.Resources.WithBlockDevice(name, sizeMib) };
        Begin(turn, from, BlockTask.Add);
        Do(turn, name, new VmmdEffect.MakeBlock(name, sizeMib, content), waitsForDisk: !turn.State.Storing.IsComplete);
    }

    private static void FillBlock(Turn turn, Requester from, BlockContent content)
    {
        Name name = from.Header.Name;
        Refusal? refusal = RefuseBlockWork(turn.State, name, "set block")
            ?? RefuseContent(turn.State.Resources.BlockDevices[name], content);
        if (refusal is not null)
        {
            turn.Refuse(from, refusal);
            return;
        }

        Begin(turn, from, BlockTask.Fill);
        var fill = new VmmdEffect.FillBlock(name, turn.State.Resources.BlockDevices[name], content);
        Do(turn, name, fill, waitsForDisk: IsGivenByDisk(turn.State, name));
    }

    private static void SendBlock(Turn turn, Requester from, long level, bool isWhole)
    {
        Name name = from.Header.Name;
        if (RefuseBlockWork(turn.State, name, "dump block") is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        long sizeMib = turn.State.Resources.BlockDevices[name];
        long most = turn.State.Settings.MaxWholeDumpMib;
        if (level is < 0 or > 9)
        {
            turn.Refuse(from, new Refusal(RefusalCode.InvalidValue, $"a compression level is 0 to 9, not {level}"));
        }
        else if (isWhole && sizeMib > most)
        {
            turn.Refuse(from, new Refusal(
                RefusalCode.TooLarge,
                $"dump block: {sizeMib} MB are too much for one answer, which has at most {most} MB: use a client that takes a stream"));
        }
        else
        {
            Begin(turn, from, BlockTask.Send);
            turn.Do(new VmmdEffect.SendBlock(name, from, (int)level, isWhole));
        }
    }

    private static void RemoveBlock(Turn turn, Requester from)
    {
        Name name = from.Header.Name;
        if (RefuseBlockWork(turn.State, name, "remove block") is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        Begin(turn, from, BlockTask.Remove);
        Do(turn, name, new VmmdEffect.RemoveBlock(name), waitsForDisk: IsGivenByDisk(turn.State, name));
    }

    // Whether what is on the disk may still give it to a unikernel that is not wanted any more.
    private static bool IsGivenByDisk(VmmdState state, Name name) =>
        state.Storing.Forgotten.Any(forgotten => forgotten.Blocks.Contains(name));

    private static void Do(Turn turn, Name name, VmmdEffect effect, bool waitsForDisk)
    {
        StoreProgress storing = turn.State.Storing;
        if (!waitsForDisk)
        {
            turn.Do(effect);
            return;
        }

        turn.State = turn.State with
        {
            Storing = storing with { Blocks = storing.Blocks.Add(new HeldBlock(storing.Wanted, name, effect)) },
        };
    }

    private static void Begin(Turn turn, Requester from, BlockTask task) =>
        turn.State = turn.State with { BlockWork = turn.State.BlockWork.Add(from.Header.Name, new BlockWork(task, from)) };

    private static void BlockDone(Turn turn, Name name)
    {
        switch (Ended(turn, name))
        {
            case { Task: BlockTask.Add } add:
                turn.Answer(add.From, Reply.Success.Of("added block device"));
                break;
            case { Task: BlockTask.Fill } fill:
                turn.Answer(fill.From, Reply.Success.Of("set block device"));
                break;
            case { Task: BlockTask.Remove } remove:
                turn.State = turn.State with { Resources = turn.State.Resources.WithoutBlockDevice(name) };
                turn.Answer(remove.From, Reply.Success.Of("removed block"));
                break;
        }
    }

    private static void BlockFailed(Turn turn, Name name, Refusal refusal)
    {
        BlockWork work = Ended(turn, name);
        if (work.Task == BlockTask.Add)
        {
            turn.State = turn.State with { Resources = turn.State.Resources.WithoutBlockDevice(name) };
        }

        if (work.Task != BlockTask.Send)   // who reads a stream was told in it
        {
            turn.Refuse(work.From, refusal);
        }
    }

    private static BlockWork Ended(Turn turn, Name name)
    {
        BlockWork work = turn.State.BlockWork[name];
        turn.State = turn.State with { BlockWork = turn.State.BlockWork.Remove(name) };
        return work;
    }

    private static Refusal? RefuseBlockName(Name name)
    {
        if (name.Label is null)
        {
            return new Refusal(RefusalCode.InvalidName, $"a block device needs a name, and {name} is a path");
        }

        return name.ToString().Length > MaxBlockNameLength
            ? new Refusal(
                RefusalCode.InvalidName, $"a block device's name has at most {MaxBlockNameLength} characters: its file is called by it")
            : null;
    }

    private static Refusal? RefuseBlockWork(VmmdState state, Name name, string what)
    {
        if (!state.Resources.BlockDevices.ContainsKey(name))
        {
            return new Refusal(RefusalCode.NotFound, $"{what}: not found");
        }

        return state.BlockWork.ContainsKey(name) || state.Resources.IsInUse(name)
            ? new Refusal(RefusalCode.Busy, $"{what}: is in use")
            : null;
    }

    // What comes in chunks, or is compressed, is counted while it is written.
    private static Refusal? RefuseContent(long sizeMib, BlockContent content) =>
        !content.Compressed && content.Bytes.Length > sizeMib << BlockContent.MebibyteShift
            ? new Refusal(RefusalCode.TooLarge, $"data exceeds block size: {content.Bytes.Length} bytes for {sizeMib} MB")
            : null;

    // Streams may wait for their peers, and policies for the disk: a daemon that stops does not.
    private static void GiveBlockWorkUp(Turn turn)
    {
        ImmutableArray<HeldBlock> held = turn.State.Storing.Blocks;
        turn.State = turn.State with { Storing = turn.State.Storing with { Blocks = [] } };
        foreach (HeldBlock block in held)
        {
            BlockFailed(turn, block.Name, new Refusal(RefusalCode.ShuttingDown, "the daemon is stopping"));
        }

        foreach (Name name in turn.State.BlockWork.Keys)
        {
            turn.Do(new VmmdEffect.GiveBlockUp(name));
        }
    }

    // A block device on which a command works cannot be attached.
    private static Refusal? RefuseBusyBlocks(VmmdState state, Demand demand)
    {
        foreach (Name block in demand.Blocks)
        {
            if (state.BlockWork.ContainsKey(block))
            {
                return new Refusal(RefusalCode.Busy, $"block device {block} already in use");
            }
        }

        return null;
    }
}
