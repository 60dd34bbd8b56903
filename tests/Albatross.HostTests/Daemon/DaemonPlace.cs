using System.Collections.Immutable;

namespace Albatross.HostTests.Daemon;

/// <summary>Where and how a daemon under test runs, if it is not simply this machine.</summary>
internal sealed record DaemonPlace
{
    /// <summary>Hides /dev/kvm from a program: a /dev with little in it, in a mount namespace of its own. Needs root.</summary>
    internal static ImmutableArray<string> WithoutKvm { get; } =
    [
        "unshare", "--mount", "sh", "-ec",
        """
        dev=$(mktemp -d)
        mount -t tmpfs albatross-test "$dev"
        mkdir "$dev/net"
        for device in null zero random urandom net/tun; do
            [ ! -e "/dev/$device" ] || { touch "$dev/$device"; mount --bind "/dev/$device" "$dev/$device"; }
        done
        ln -s /proc/self/fd "$dev/fd"
        mount --rbind "$dev" /dev
        umount -l "$dev"
        rmdir "$dev"
        exec "$@"
        """,
        "sh",
    ];

    /// <summary>What stands before the program and its arguments, for the daemon and for its clients.</summary>
    public ImmutableArray<string> Before { get; init; } = [];

    /// <summary>Whether the test is about hvt unikernels.</summary>
    public bool NeedsKvm { get; init; } = true;

    /// <summary>More options for <c>albatross-daemon all</c>.</summary>
    public ImmutableArray<string> Options { get; init; } = [];

    /// <summary>Bridges that the sub-CA demo may use.</summary>
    public ImmutableArray<string> Bridges { get; init; } = [];

    /// <summary>How many MB of block devices the sub-CA demo may have; null means none. Enough for <see cref="Blocks"/> if not said.</summary>
    public int? BlockMib
    {
        get => field ?? (Blocks.IsEmpty ? null : 64);
        init;
    }

    /// <summary>Block devices that are there when the daemon starts: names, and sizes in bytes.</summary>
    public ImmutableArray<(string Name, long Bytes)> Blocks { get; init; } = [];

    /// <summary>A directory with cacert.pem, server.pem and server.key for the daemon; null makes others, and the sub-CA demo.</summary>
    public string? Certificates { get; init; }

    /// <summary>A state file of the original that is there when the daemon first starts; null when there is none.</summary>
    public string? OriginalState { get; init; }

    /// <summary>File and arguments of a program there.</summary>
    public (string File, string[] Words) WordsOf(ProgramCommand program, IEnumerable<string> arguments)
    {
        string[] all = [.. Before, program.File, .. program.FirstArguments, .. arguments];
        return (all[0], all[1..]);
    }

    /// <summary>Puts what is there before the first start into the data directory: block devices, as files full of zeros.</summary>
    public void MakeData(string data)
    {
        if (OriginalState is not null)
        {
            Directory.CreateDirectory(data);
            File.Copy(OriginalState, Path.Combine(data, "state"));
        }

        string directory = Path.Combine(data, "block");
        foreach ((string name, long bytes) in Blocks)
        {
            Directory.CreateDirectory(directory);
            using FileStream file = File.Create(Path.Combine(directory, name));
            file.SetLength(bytes);
        }
    }
}
