using System.CommandLine;
using Albatross.Client.Sessions;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;

namespace Albatross.Client.Verbs;

/// <summary>What a path may use.</summary>
internal static class PolicyVerbs
{
    private const int DefaultMemoryMib = 512;

    /// <summary><c>add-policy PATH UNIKERNELS</c>: set the policy of a path, or (with --csr) ask for a sub-CA that may use it.</summary>
    public static System.CommandLine.Command Add()
    {
        var path = new Argument<string>("PATH") { Description = "The path; with --csr the one label of the sub-CA." };
        var unikernels = new Argument<long>("UNIKERNELS") { Description = "How many unikernels it may have." };
        var memory = new Option<long>("--mem") { Description = "Sum of their memory in MB.", DefaultValueFactory = _ => DefaultMemoryMib };
        var cpus = new Option<long[]>("--cpu")
        {
            Description = "Host CPU that they may use; repeat it for more.", DefaultValueFactory = _ => [0],
        };
        var block = new Option<long?>("--block", "--size") { Description = "Sum of their block devices in MB (none)." };
        var bridges = new Option<string[]>("--bridge", "--network") { Description = "Host bridge that they may join; repeat it for more." };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("add-policy", "Sets the policy of a path, or asks for a sub-CA (--csr).")
        {
            path, unikernels, memory, cpus, block, bridges,
        };
        verb.Aliases.Add("replace-policy");
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            var policy = new ResourcePolicy(
                parsed.GetValue(unikernels),
                new ValueSet<long>(parsed.GetRequiredValue(cpus)),
                parsed.GetValue(memory),
                parsed.GetValue(block),
                new ValueSet<RawText>((parsed.GetValue(bridges) ?? []).Select(RawText.Of)));
            Warn(policy);
            var question = new Question(
                new Name(Names.Path(parsed.GetRequiredValue(path)), null), new Protocol.Commands.Command.PolicyAdd(policy), Service.Vmmd,
                    AnswerMode.Single);
            return Dialogue.AskAsync(target.Read(parsed), question, cancellation);
        });
        return verb;
    }

    /// <summary><c>policy</c>: list policies.</summary>
    public static System.CommandLine.Command Info()
    {
        var path = new Option<string>("--path", "-p")
        {
            Description = "The path; everything below it is listed too.", DefaultValueFactory = _ => ":",
        };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("policy", "Lists the policies at and below a path.") { path };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            new Question(
                new Name(Names.Path(parsed.GetRequiredValue(path)), null), new Protocol.Commands.Command.PolicyInfo(), Service.Vmmd,
                    AnswerMode.Single),
            cancellation));
        return verb;
    }

    /// <summary><c>remove-policy</c>: what runs goes on, bounded by the policies above.</summary>
    public static System.CommandLine.Command Remove()
    {
        var path = new Option<string>("--path", "-p") { Description = "The path.", Required = true };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("remove-policy", "Removes the policy of a path.") { path };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            new Question(
                new Name(Names.Path(parsed.GetRequiredValue(path)), null), new Protocol.Commands.Command.PolicyRemove(), Service.Vmmd,
                    AnswerMode.Single),
            cancellation));
        return verb;
    }

    // The static checks of the original client (semantics, section 4): such a policy is of no use to anybody.
    private static void Warn(ResourcePolicy policy)
    {
        const int LeastMemoryMib = 16;
        string? unusable = policy switch
        {
            { Unikernels: <= 0 } => "Unusable policy with no unikernels",
            { CpuIds.Count: 0 } => "Unusable policy with no CPUids",
            { MemoryMib: <= LeastMemoryMib } => $"Unusable policy with memory {policy.MemoryMib} MB <= {LeastMemoryMib} MB",
            { BlockMib: < 0 } => $"Unusable policy with block {policy.BlockMib} MB < 0 MB",
            _ => null,
        };
        if (unusable is not null)
        {
            throw new ClientException(ExitStatus.Usage, unusable);
        }
    }
}
