using Albatross.Policy;

namespace Albatross.Orchestration.Consoles;

/// <summary>One line that a unikernel printed.</summary>
/// <param name="Instant">When its bytes were read.</param>
/// <param name="Text">Its bytes, without the end of line.</param>
public sealed record ConsoleLine(DateTimeOffset Instant, RawText Text);
