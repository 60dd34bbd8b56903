using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Consoles;

/// <summary>
/// What the console service does next: rings and subscribers per unikernel. A subscriber gets the kept lines and is registered
/// in the same step, so that no line is missed and none is sent twice.
/// </summary>
public static class ConsoleStep
{
    /// <summary>One transition.</summary>
    public static (ConsoleState State, ImmutableArray<ConsoleEffect> Effects) Step(ConsoleState state, ConsoleInput input) => input switch
    {
        ConsoleInput.CommandReceived received => Carry(state, received.From, received.Command),
        ConsoleInput.FifoOpened opened => Opened(state, opened),
        ConsoleInput.FifoKept kept => (state, [new ConsoleEffect.Reply(kept.From, new Reply.Empty(), Connection.KeepOpen)]),
        ConsoleInput.FifoFailed failed => (state, [Fail(failed.From, $"opening: {failed.Refusal.Text}", Connection.KeepOpen)]),
        ConsoleInput.BytesRead read => Read(state, read),
        ConsoleInput.FifoEnded ended => Ended(state, ended),
        ConsoleInput.SubscriberLeft left => (Leave(state, left.Subscriber), []),
        _ => throw new UnreachableException($"input {input.GetType().Name} has no transition"),
    };

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Carry(ConsoleState state, Requester from, Command command) =>
        command switch
    {
        Command.ConsoleAdd or Command.ConsoleSubscribe when from.Header.Name.Label is null =>
            (state, [Fail(from, "path used instead of name")]),
        Command.ConsoleAdd add => (state, [new ConsoleEffect.OpenFifo(from, add.Unikernels)]),
        Command.ConsoleSubscribe subscribe => Subscribe(state, from, subscribe.From),
        Command.ConsoleInactive when from.Header.Name.Label is not null => (state, [Fail(from, "name used")]),
        Command.ConsoleInactive => (state, [Inactive(state, from)]),
        _ => (state, [Fail(from, $"the console service does not take {command.Words}")]),
    };

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Subscribe(ConsoleState state, Requester from, ConsoleStart start)
    {
        Name name = from.Header.Name;
        UnikernelConsole console = state.Consoles.GetValueOrDefault(name, UnikernelConsole.Empty);
        bool known = console.IsActive || !console.Ring.IsEmpty;
        var effects = ImmutableArray.CreateBuilder<ConsoleEffect>();
        effects.Add(new ConsoleEffect.Reply(from, Reply.Success.Of(known ? "subscribed" : "waiting for VM"), Connection.KeepOpen));
        if (console.Ring.From(start) is { IsEmpty: false } history)
        {
            effects.Add(new ConsoleEffect.Send(from, history));
        }

        ImmutableList<Requester> subscribers = console.Subscribers.Add(from);
        if (subscribers.Count > state.Settings.MaxSubscribers)
        {
            effects.Add(new ConsoleEffect.Disconnect(subscribers[0]));
            subscribers = subscribers.RemoveAt(0);
        }

        return (With(state, name, console with { Subscribers = subscribers }), effects.DrainToImmutable());
    }

    // Those of which something is kept although nobody can write to them any more.
    private static ConsoleEffect.Reply Inactive(ConsoleState state, Requester from)
    {
        NamePath path = from.Header.Name.Path;
        var ended = state.Consoles
            .Where(entry => entry.Value is { IsActive: false, OpenedAt: > 0 } && entry.Key.Path.IsAtOrBelow(path))
            .Select(entry => entry.Key)
            .OrderBy(name => name.Node, ReplyOrder.Instance)
            .Select(name => name.RelativeTo(path));
        return new ConsoleEffect.Reply(from, new Reply.Consoles([.. ended]), Connection.Close);
    }

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Opened(ConsoleState state, ConsoleInput.FifoOpened opened)
    {
        Name name = opened.From.Header.Name;
        UnikernelConsole console = state.Consoles.GetValueOrDefault(name, UnikernelConsole.Empty);
        ConsoleState next = With(state with { Clock = state.Clock + 1 }, name, console with
        {
            Readers = console.Readers.SetItem(opened.Reader, LineSplitter.Empty),
            OpenedAt = state.Clock + 1,
        });
        return (Trim(next, name.Path, opened.Unikernels), [new ConsoleEffect.Reply(opened.From, new Reply.Empty(), Connection.KeepOpen)]);
    }

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Read(ConsoleState state, ConsoleInput.BytesRead read)
    {
        UnikernelConsole console = state.Consoles[read.Name];
        (LineSplitter splitter, ImmutableArray<ConsoleLine> lines) = console.Readers[read.Reader].Read(read.Bytes.Span, read.At);
        return Publish(state, read.Name, console with { Readers = console.Readers.SetItem(read.Reader, splitter) }, lines);
    }

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Ended(ConsoleState state, ConsoleInput.FifoEnded ended)
    {
        UnikernelConsole console = state.Consoles[ended.Name];
        ImmutableArray<ConsoleLine> rest = console.Readers[ended.Reader].End(ended.At) is { } last ? [last] : [];
        return Publish(state, ended.Name, console with { Readers = console.Readers.Remove(ended.Reader) }, rest);
    }

    private static (ConsoleState, ImmutableArray<ConsoleEffect>) Publish(
        ConsoleState state, Name name, UnikernelConsole console, ImmutableArray<ConsoleLine> lines)
    {
        ConsoleState next = With(state, name, console with { Ring = console.Ring.With(lines) });
        return (next, lines.IsEmpty ? [] : [.. console.Subscribers.Select(subscriber => new ConsoleEffect.Send(subscriber, lines))]);
    }

    private static ConsoleState Leave(ConsoleState state, Requester subscriber)
    {
        Name name = subscriber.Header.Name;
        return state.Consoles.TryGetValue(name, out UnikernelConsole? console)
            ? With(state, name, console with { Subscribers = console.Subscribers.Remove(subscriber) })
            : state;
    }

    // The path keeps as many consoles as it may have unikernels: the one opened longest ago goes, if nobody writes or follows.
    private static ConsoleState Trim(ConsoleState state, NamePath path, long unikernels)
    {
        var ofPath = state.Consoles.Where(entry => entry.Key.Path == path).ToList();
        if (ofPath.Count <= unikernels && state.Consoles.Count <= state.Settings.MaxConsoles)
        {
            return state;
        }

        var candidates = (ofPath.Count > unikernels ? ofPath : [.. state.Consoles])
            .Where(entry => !entry.Value.IsActive && entry.Value.Subscribers.IsEmpty)
            .OrderBy(entry => entry.Value.OpenedAt)
            .Take(1)
            .ToList();
        return candidates is [var oldest] ? state with { Consoles = state.Consoles.Remove(oldest.Key) } : state;
    }

    private static ConsoleState With(ConsoleState state, Name name, UnikernelConsole console) => state with
    {
        Consoles = console.IsUseless ? state.Consoles.Remove(name) : state.Consoles.SetItem(name, console),
    };

    private static ConsoleEffect.Reply Fail(Requester to, string text, Connection after = Connection.Close) =>
        new(to, Reply.Failure.Of(text), after);
}
