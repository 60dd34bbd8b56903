using System.Net.Sockets;
using Albatross.Daemon.Wire;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Albatross.Tests.Linux;

namespace Albatross.Tests.Daemon;

/// <summary>Whose a socket is that can be connected to.</summary>
public sealed class LocalSocketTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");

    private string SocketPath => Path.Combine(_directory.FullName, "vmmd.sock");

    [Fact]
    public void A_socket_of_a_daemon_that_lives_is_not_stolen()
    {
        using Socket listener = LocalSocket.Listen(SocketPath);

        IOException no = Assert.Throws<IOException>(() => LocalSocket.Listen(SocketPath));
        Assert.Contains("is served by another daemon", no.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_of_a_daemon_that_is_dead_is_replaced_although_a_child_of_it_still_has_it()
    {
        // Here the child listens and ends, and its parent has the socket; to whoever connects that is the same.
        const int Listen = 50;
        using var held = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        held.Bind(new UnixDomainSocketEndPoint(SocketPath));
        byte[] program = PlayedProgram.Build(table =>
        {
            table.MustSucceed("listen", Listen, 0, 16);
            table.Ignore(SystemCallNumber.ExitGroup, 42);
        });
        using SealedFile executable = SealedFile.OfExecutable("played", program);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        using ProcessDescriptor child = spawner.Start(new SpawnRequest
        {
            Executable = executable, ProcessName = "played", Descriptors = [held.SafeHandle],
        });
        Assert.Equal(42, child.Wait().Number);

        using Socket listener = LocalSocket.Listen(SocketPath);

        Assert.Throws<IOException>(() => LocalSocket.RefuseIfServed(SocketPath));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
