using System.Runtime.CompilerServices;

namespace Albatross.Orchestration.Simulation;

/// <summary>Something that must never happen has happened.</summary>
internal sealed class SimulationException(string message) : Exception(message);

/// <summary>What a simulation checks millions of times: the sentence is put together only when it is needed.</summary>
internal static class Requirement
{
    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimulationException(otherwise);
        }
    }

    public static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Sentence otherwise)
    {
        if (!holds)
        {
            throw new SimulationException(otherwise.ToString());
        }
    }

    /// <summary>The compiler fills it only when <c>needed</c> is true.</summary>
    [InterpolatedStringHandler]
    public ref struct Sentence
    {
        private DefaultInterpolatedStringHandler _text;

        public Sentence(int literalLength, int formattedCount, bool holds, out bool needed)
        {
            needed = !holds;
            _text = needed ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}
