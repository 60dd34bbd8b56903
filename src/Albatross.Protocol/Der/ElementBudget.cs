using Albatross.Policy;

namespace Albatross.Protocol.Der;

/// <summary>
/// How many list elements one message may still have. An element of two bytes becomes an object of up to a hundred, so without a
/// bound a frame within its limit could take many times its size in memory. The original has no such bound.
/// </summary>
internal sealed class ElementBudget(int elements, string of)
{
    /// <summary>The most elements of all lists of one command: CPUs, exit codes, devices and arguments.</summary>
    public const int Command = 65_536;

    /// <summary>The most elements of all lists of one reply: some ten for every unikernel that is listed.</summary>
    public const int Reply = 1_048_576;

    /// <summary>The most elements of all lists of one state file: some ten for every unikernel and policy.</summary>
    public const int State = 1_048_576;

    private int _taken;

    /// <summary>A fresh budget for a command.</summary>
    public static ElementBudget ForCommand() => new(Command, "a command");

    /// <summary>A fresh budget for a reply.</summary>
    public static ElementBudget ForReply() => new(Reply, "a reply");

    /// <summary>A fresh budget for a state file.</summary>
    public static ElementBudget ForState() => new(State, "a state");

    /// <summary>Counts one element.</summary>
    /// <exception cref="DerException">TooLarge: there were more than allowed.</exception>
    public void Take()
    {
        if (++_taken > elements)
        {
            throw new DerException(new Refusal(RefusalCode.TooLarge, $"the lists of {of} have more than {elements} elements"));
        }
    }
}
