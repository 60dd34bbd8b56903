namespace Albatross.Daemon.Roles;

/// <summary>Which part of the daemon a process is.</summary>
internal enum Role
{
    /// <summary>The parent of the other four.</summary>
    All,

    /// <summary>Privileged: decides, and runs tenders.</summary>
    Vmmd,

    /// <summary>Reads consoles and sends them to subscribers.</summary>
    Console,

    /// <summary>Samples tenders and serves the metrics page.</summary>
    Stats,

    /// <summary>Speaks TLS with users; knows certificates, no host.</summary>
    Endpoint,
}
