using System.CommandLine;
using Albatross.Client.Verbs;

namespace Albatross.Client;

/// <summary>The verbs, in the order of a first use.</summary>
internal static class CommandLine
{
    /// <summary>Builds it.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("Deploys unikernels, delegates resources and follows consoles of an Albatross host.");
        Command[] verbs =
        [
            CertificateVerbs.Generate(),
            PolicyVerbs.Add(),
            CertificateVerbs.Sign(),
            UnikernelVerbs.Create(),
            UnikernelVerbs.Info(),
            WatchVerbs.Console(),
            UnikernelVerbs.Restart(),
            UnikernelVerbs.Get(),
            UnikernelVerbs.Destroy(),
            BlockVerbs.Info(),
            BlockVerbs.Create(),
            BlockVerbs.Set(),
            BlockVerbs.Dump(),
            BlockVerbs.Destroy(),
            PolicyVerbs.Info(),
            PolicyVerbs.Remove(),
            CertificateVerbs.Send(),
            InspectVerb.Inspect(),
            StateVerbs.Export(),
        ];
        foreach (Command verb in verbs)
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }
}
