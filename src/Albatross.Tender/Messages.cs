using System.Text;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.Tender;

/// <summary>What the tender says, all of it on stderr; stdout belongs to the guest's console.</summary>
/// <param name="program">The base name of argv[0], which begins every line.</param>
internal sealed class Messages(string program)
{
    /// <summary>"PROG: TEXT" and a newline.</summary>
    internal void Warn(string text) => Write($"{program}: {text}\n");

    /// <summary>As <see cref="Warn"/>; gives the status with which the tender ends.</summary>
    internal int Fail(string text)
    {
        Warn(text);
        return 1;
    }

    /// <summary>The versions, in solo5-hvt's words.</summary>
    internal int Version()
    {
        Write($"{program} tender, version {ProgramVersion()}\nABI version {AbiNote.HvtVersion}\n");
        return 0;
    }

    /// <summary>How to use the tender of <paramref name="target"/>; <paramref name="command"/> is what comes before the options.</summary>
    internal static int Usage(string command, AbiTarget target)
    {
        string heapOption = target == AbiTarget.Spt
            ? "  [ --x-exec-heap ] (make the heap executable, for guests that compile at run time)\n"
            : "";
        Write($"""
            usage: {command} [ CORE OPTIONS ] [ MODULE OPTIONS ] [ -- ] KERNEL [ ARGS ]
            KERNEL is the filename of the unikernel to run.
            ARGS are optional arguments passed to the unikernel.
            Core options:
              [ --mem=512 ] (guest memory in MB)
                --help (display this help)
                --version (display version information)
            {heapOption}Compiled-in modules: core block net
            Compiled-in module options:
                --block:NAME=PATH (attach the block device or file at PATH as block storage NAME)
              [ --block-sector-size:NAME=SIZE ] (sector size of NAME: a power of two from 512 to 32768; 512)
                --net:NAME=IFACE | @FD (attach the tap IFACE, or the open tap of descriptor FD, as network NAME)
              [ --net-mac:NAME=HWADDR ] (Ethernet address of NAME; random if not given)

            """);
        return 1;
    }

    /// <summary>How to use the jail.</summary>
    internal static int UsageOfJail(string command)
    {
        Write($"""
            usage: {command} [ OPTIONS ] -- PROGRAM [ ARGS ]
            PROGRAM is an installed tender, such as solo5-hvt; ARGS are its own options, its KERNEL and the guest's arguments.
            It runs without new privileges, capabilities, core dumps, environment and descriptors of the caller, in namespaces of its own
            (of the network too, unless ARGS attach a tap), and can open nothing but itself, its libraries, /dev/kvm, /dev/net/tun, its
            KERNEL and the devices in ARGS. What this user or this kernel cannot have is said on stderr.
              [ --user=UID[:GID] ] (run as this user, who has to be allowed to open what PROGRAM opens)
              [ --read=PATH ] [ --write=PATH ] (PROGRAM may also read, or read and write, PATH and what is below it)
              [ --keep=FD ] (leave descriptor FD open; those of --net:NAME=@FD stay open anyway)
                --help (display this help)

            """);
        return 1;
    }

    /// <summary>How to use the program.</summary>
    internal int UsageOfProgram()
    {
        Write($"""
            usage: {program} hvt [ OPTIONS ] [ -- ] KERNEL [ ARGS ]   run a Solo5 hvt unikernel (see {program} hvt --help)
                   {program} spt [ OPTIONS ] [ -- ] KERNEL [ ARGS ]   run a Solo5 spt unikernel (see {program} spt --help)
                   {program} --jail [ OPTIONS ] -- PROGRAM [ ARGS ]     run an installed tender closed in (see {program} --jail --help)
                   {program} --version                                display version information

            """);
        return 1;
    }

    private static string ProgramVersion() => typeof(Messages).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    private static void Write(string text) => StandardDescriptors.WriteError(Encoding.UTF8.GetBytes(text));
}
