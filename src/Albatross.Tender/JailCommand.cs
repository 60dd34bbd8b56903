using System.Text;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Jail;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>
/// Runs an installed tender, a dynamic program that is not ours, in a jail: works out what it has to open, builds the launch, becomes it.
/// </summary>
/// <param name="messages">For the person.</param>
/// <param name="command">The words before the options, for the usage.</param>
internal sealed class JailCommand(Messages messages, string command)
{
    private const int HeadBytes = 4096;

    private static readonly string[] Libraries =
        ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.preload"];

    /// <summary>The status of the process if the tender was not started; otherwise it does not come back.</summary>
    internal int Run(ReadOnlySpan<byte[]> arguments)
    {
        foreach (byte[] argument in arguments)
        {
            if (argument.AsSpan().SequenceEqual("--"u8) || !argument.AsSpan().StartsWith("-"u8))
            {
                break;
            }

            if (argument.AsSpan().SequenceEqual("--help"u8))
            {
                return Messages.UsageOfJail(command);
            }
        }

        if (JailArguments.Parse(arguments, out string wrong) is not { } parsed)
        {
            messages.Warn(wrong);
            return Messages.UsageOfJail(command);
        }

        try
        {
            return Start(parsed);
        }
        catch (LinuxException e)
        {
            return messages.Fail(e.Message);
        }
    }

    private int Start(JailArguments parsed)
    {
        if (Find(parsed.Program) is not { } program)
        {
            return messages.Fail($"{RawArguments.TextOf(parsed.Program)}: Could not find the program");
        }

        SandboxFacts facts = SandboxSupport.Probe().Facts;
        ulong namespaces = TenderJail.NamespacesFor(facts, parsed.AttachesTaps);
        bool canUnshare = SandboxSupport.CanUnshare(namespaces, LauncherCode.SpawnStub);
        var jail = TenderJail.For(facts, parsed.User, canUnshare ? namespaces : 0);
        if (parsed.User is not null && jail.User is null)
        {
            return messages.Fail("--user: this process may not become another user, or its user namespace does not have this one");
        }

        using LandlockRuleset? ruleset = jail.LandlockVersion > 0 ? Restrict(program, parsed, jail.LandlockVersion) : null;

        // The launch inherits a duplicate of the ruleset and closes it.
        int lowest = parsed.Kept.DefaultIfEmpty(LaunchDescriptors.Error).Max() + 1;
        var request = new JailRequest
        {
            Program = program,
            Arguments = [.. parsed.Arguments.Select(argument => (ReadOnlyMemory<byte>)argument)],
            Jail = jail,
            Ruleset = ruleset is null ? 0 : Exec.Inherit([ruleset], lowest)[0],
            Kept = [.. parsed.Kept],
        };
        if (!JailLaunch.TryBuild(request, out JailLaunch? launch, out ImageRefusal? refusal))
        {
            return messages.Fail(refusal.Text);
        }

        if (jail.Report is { } report)
        {
            messages.Warn(report);
        }

        using SealedFile executable = SealedFile.OfExecutable("jail", launch.Executable.Span);
        Exec.Replace(executable, "jail");
        return 1;
    }

    /// <summary>The program, its loader and libraries, the devices of tenders, and what the command line names.</summary>
    private static LandlockRuleset Restrict(byte[] program, JailArguments parsed, int version)
    {
        const PathAccess Run = PathAccess.Read | PathAccess.Execute, Use = PathAccess.Read | PathAccess.Write;
        var ruleset = LandlockRuleset.Create(LandlockAttributes.Everything(version));
        ruleset.Allow(program, Run);
        byte[] loader = Loader(program);
        if (loader.Length > 0)
        {
            ruleset.Allow(loader, Run);
            foreach (string library in Libraries)
            {
                ruleset.Allow(Encoding.UTF8.GetBytes(library), PathAccess.Read);
            }
        }

        ruleset.Allow("/dev/kvm"u8, Use);
        ruleset.Allow("/dev/net/tun"u8, Use);
        ruleset.Allow("/dev/null"u8, Use);
        ruleset.Allow("/dev/urandom"u8, PathAccess.Read);

        // What it may learn about itself; the process keeps its number.
        ruleset.Allow("/proc/self"u8, PathAccess.Read);
        foreach ((byte[] path, PathAccess access) in parsed.Paths)
        {
            // What is not there, the program itself complains about.
            ruleset.Allow(path, access);
        }

        return ruleset;
    }

    /// <summary>By its path if it has one, else along PATH.</summary>
    private static byte[]? Find(byte[] program)
    {
        if (program.Contains((byte)'/'))
        {
            return program;
        }

        string name = RawArguments.TextOf(program);
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .Where(File.Exists)
            .Select(Encoding.UTF8.GetBytes)
            .FirstOrDefault();
    }

    private static byte[] Loader(byte[] program)
    {
        using DeviceFile file = DeviceFile.OpenForReading(program);
        return ElfInterpreter.PathIn(file.ReadHead(HeadBytes)).ToArray();
    }
}
