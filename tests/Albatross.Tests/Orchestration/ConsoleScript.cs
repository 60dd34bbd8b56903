using Albatross.Orchestration.Consoles;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>A console service that a test drives by hand: every method is one input and returns the effects, one line each.</summary>
internal sealed class ConsoleScript(ConsoleSettings? settings = null)
{
    public ConsoleState State { get; private set; } = ConsoleState.Initial(settings ?? ConsoleSettings.Default);

    /// <summary>What each subscriber has got, by connection.</summary>
    public Dictionary<long, List<string>> Received { get; } = [];

    public string[] Do(ConsoleInput input)
    {
        (State, var effects) = ConsoleStep.Step(State, input);
        foreach (ConsoleEffect.Send send in effects.OfType<ConsoleEffect.Send>())
        {
            Received.TryAdd(send.To.Connection, []);
            Received[send.To.Connection].AddRange(send.Lines.Select(line => line.Text.ToString()));
        }

        return [.. effects.Select(Text)];
    }

    public string[] Ask(long connection, string name, Command command) =>
        Do(new ConsoleInput.CommandReceived(From(connection, name), command));

    public string[] Subscribe(long connection, string name, long count = 20) =>
        Ask(connection, name, new Command.ConsoleSubscribe(new ConsoleStart.Count(count)));

    public string[] Leave(long connection, string name) => Do(new ConsoleInput.SubscriberLeft(From(connection, name)));

    /// <summary>vmmd (connection 0) has a console opened; <paramref name="reader"/> is the new reading of its FIFO.</summary>
    public string[] Open(string name, long reader, long unikernels = 10)
    {
        Ask(0, name, new Command.ConsoleAdd(unikernels));
        return Do(new ConsoleInput.FifoOpened(From(0, name), unikernels, reader));
    }

    public string[] Print(string name, long reader, string text, double at = 0) =>
        Do(new ConsoleInput.BytesRead(VmmdScript.NameOf(name), reader, RawText.Of(text).Bytes, VmmdScript.At(at)));

    public string[] End(string name, long reader, double at = 0) =>
        Do(new ConsoleInput.FifoEnded(VmmdScript.NameOf(name), reader, VmmdScript.At(at)));

    public string Kept => string.Join(' ', State.Consoles.Keys);

    public static Requester From(long connection, string name) => new(connection, new Header(connection, VmmdScript.NameOf(name)));

    private static string Text(ConsoleEffect effect) => effect switch
    {
        ConsoleEffect.Reply { Answer: Reply.Failure failure } reply => $"refuse {reply.To.Connection}: {failure.Text}{Ending(reply)}",
        ConsoleEffect.Reply { Answer: Reply.Success success } reply => $"answer {reply.To.Connection}: {success.Text}{Ending(reply)}",
        ConsoleEffect.Reply { Answer: Reply.Empty } reply => $"answer {reply.To.Connection}{Ending(reply)}",
        ConsoleEffect.Reply { Answer: Reply.Consoles consoles } reply =>
            $"answer {reply.To.Connection}: {string.Join(' ', consoles.Names)}{Ending(reply)}",
        ConsoleEffect.OpenFifo open => $"open FIFO of {open.From.Header.Name}",
        ConsoleEffect.Send send => $"send {send.To.Connection}: {string.Join('|', send.Lines.Select(line => line.Text))}",
        ConsoleEffect.Disconnect disconnect => $"disconnect {disconnect.Subscriber.Connection}",
        _ => throw new InvalidOperationException($"{effect.GetType().Name} has no text"),
    };

    private static string Ending(ConsoleEffect.Reply reply) => reply.After == Connection.Close ? "" : " (stays open)";
}
