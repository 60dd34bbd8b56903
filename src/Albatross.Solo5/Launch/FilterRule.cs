namespace Albatross.Solo5.Launch;

/// <summary>One allowed form of one system call: its number and what its arguments have to satisfy, all of it.</summary>
/// <param name="Number">System call number on x86-64.</param>
/// <param name="Conditions">Empty: the arguments do not matter.</param>
internal sealed record FilterRule(int Number, ImmutableArray<FilterCondition> Conditions)
{
    internal static FilterRule Allow(int number, params ReadOnlySpan<FilterCondition> conditions) => new(number, [.. conditions]);
}

/// <summary>A test of one 64-bit argument, numbered 0 to 5.</summary>
internal abstract record FilterCondition(int Argument)
{
    /// <summary>The argument is <paramref name="Value"/>.</summary>
    internal sealed record Equal(int Argument, ulong Value) : FilterCondition(Argument);

    /// <summary>The argument is at most <paramref name="Value"/>, both unsigned.</summary>
    internal sealed record AtMost(int Argument, ulong Value) : FilterCondition(Argument);

    /// <summary>The upper 32 bits of the argument are <paramref name="Value"/>.</summary>
    internal sealed record HighHalf(int Argument, uint Value) : FilterCondition(Argument);
}
