using Albatross.Protocol.State;

namespace Albatross.Daemon;

/// <summary>Every setting of the daemon. Paths are made absolute when they are read.</summary>
internal sealed record DaemonOptions
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Sockets, FIFOs and records of running tenders; emptied by a reboot.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>What outlives a reboot: block devices, images, and what is wanted.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>An installed program that runs hvt images, such as solo5-hvt; null means the daemon itself.</summary>
    public string? HvtTender { get; init; }

    /// <summary>An installed program that runs spt images, such as solo5-spt; null means the daemon itself.</summary>
    public string? SptTender { get; init; }

    /// <summary>CA certificate that clients' chains must end at (one certificate, PEM).</summary>
    public required string CaFile { get; init; }

    /// <summary>The endpoint's own certificate, then its chain (PEM).</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The endpoint's private key (PKCS#8 PEM).</summary>
    public required string KeyFile { get; init; }

    /// <summary>Address that the endpoint listens on.</summary>
    public required string Address { get; init; }

    /// <summary>TCP port of the endpoint; 0 takes a free one and writes it to <see cref="EndpointAddressFile"/>.</summary>
    public required int Port { get; init; }

    /// <summary>TCP port of the metrics page on 127.0.0.1; 0 takes a free one and writes it to <see cref="MetricsAddressFile"/>.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>Whether the role ends when its standard input ends: its parent is gone then.</summary>
    public required bool EndWithInput { get; init; }

    /// <summary>Whether unikernels are stopped with the daemon; else the next one takes them over.</summary>
    public bool StopUnikernels { get; init; }

    /// <summary>The socket of vmmd.</summary>
    public string VmmdSocket => Path.Combine(SocketDirectory, "vmmd.sock");

    /// <summary>The socket of the console service.</summary>
    public string ConsoleSocket => Path.Combine(SocketDirectory, "console.sock");

    /// <summary>The socket of the statistics service.</summary>
    public string StatisticsSocket => Path.Combine(SocketDirectory, "stat.sock");

    /// <summary>Holds the sockets (the original's place).</summary>
    public string SocketDirectory => Path.Combine(RunDirectory, "util");

    /// <summary>Holds the FIFO of each unikernel, called by its name.</summary>
    public string FifoDirectory => Path.Combine(RunDirectory, "fifo");

    /// <summary>Holds a record of each tender that runs or is being started, called by its unikernel's name.</summary>
    public string TenderDirectory => Path.Combine(RunDirectory, "tenders");

    /// <summary>Holds a file for each tap that would outlive a daemon that is killed, called by the tap's name.</summary>
    public string TapDirectory => Path.Combine(RunDirectory, "taps");

    /// <summary>Holds the block devices, called by their names (the original's place).</summary>
    public string BlockDirectory => Path.Combine(DataDirectory, "block");

    /// <summary>Holds each image, called by its SHA-256.</summary>
    public string ImageDirectory => Path.Combine(DataDirectory, StateFiles.Images);

    /// <summary>Where the endpoint listens, as <c>ADDRESS:PORT</c>.</summary>
    public string EndpointAddressFile => Path.Combine(SocketDirectory, "endpoint.address");

    /// <summary>Where the metrics page is, as <c>ADDRESS:PORT</c>.</summary>
    public string MetricsAddressFile => Path.Combine(SocketDirectory, "metrics.address");

    /// <summary>Makes the directories that every role uses; readable by owner and group only.</summary>
    public void MakeDirectories()
    {
        const UnixFileMode Shared = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Directory.CreateDirectory(RunDirectory, Shared);
        Directory.CreateDirectory(SocketDirectory, Shared);
        Directory.CreateDirectory(FifoDirectory, Shared);
        Directory.CreateDirectory(TenderDirectory, Private);
        Directory.CreateDirectory(TapDirectory, Private);
    }

    /// <summary>Makes the directories that only vmmd uses; readable by their owner only.</summary>
    public void MakeDataDirectories()
    {
        Directory.CreateDirectory(DataDirectory, Private);
        Directory.CreateDirectory(BlockDirectory, Private);
    }
}
