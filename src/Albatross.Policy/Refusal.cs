namespace Albatross.Policy;

/// <summary>
/// An expected "no": a stable code for programs and metrics, and one sentence for the person that says what was refused,
/// why, and where it helps what to do. A check returns <c>Refusal?</c>; null means yes.
/// </summary>
/// <param name="Code">What kind of "no" this is; never reused for another meaning.</param>
/// <param name="Text">The sentence; holds no secret (no boot argument, no key).</param>
/// <example><code>return new Refusal(RefusalCode.NotFound, "destroy: not found");</code></example>
public sealed record Refusal(RefusalCode Code, string Text)
{
    /// <summary>The code as logs, metrics and JSON spell it: lower case, words joined by '-' (<c>policy-exceeded</c>).</summary>
    public string CodeText =>
        string.Concat(Code.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
