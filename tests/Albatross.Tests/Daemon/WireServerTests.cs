using System.Net.Sockets;
using Albatross.Daemon.Wire;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Logging.Abstractions;

namespace Albatross.Tests.Daemon;

/// <summary>A role's socket goes on being served, whatever its clients do.</summary>
public sealed class WireServerTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;

    public WireServerTests() => _listener = LocalSocket.Listen(SocketPath);

    private string SocketPath => Path.Combine(_directory.FullName, "role.sock");

    // Found by kill cycles under load: a connection that ended while it was being noted ended the accepting, and all who came later waited.
    [Fact]
    public async Task Connections_that_end_at_once_do_not_end_the_accepting()
    {
        var server = new WireServer(_listener, FrameLimits.LocalSocket, (_, _) => Task.CompletedTask, NullLogger.Instance);
        Task serving = server.RunAsync(_stop.Token);

        Task[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 5_000 && !serving.IsCompleted; i++)
            {
                await using NetworkStream stream = await LocalSocket.ConnectAsync(SocketPath, CancellationToken.None);
                Assert.Equal(0, await stream.ReadAsync(new byte[1]));
            }
        }))];
        await Task.WhenAny(serving, Task.WhenAll(clients));

        Assert.False(serving.IsCompleted, serving.Exception?.ToString());
        await _stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task A_host_that_accepts_no_connection_for_a_moment_does_not_end_the_accepting()
    {
        int failures = 0;
        var served = new TaskCompletionSource();
        using var acceptor = new Acceptor(
            cancellation => failures++ < 2 ? throw new SocketException((int)SocketError.TooManyOpenSockets) : _listener.AcceptAsync(cancellation),
            most: 1,
            (socket, _) =>
            {
                socket.Dispose();
                served.SetResult();
                return Task.CompletedTask;
            },
            NullLogger.Instance);
        Task accepting = acceptor.RunAsync(_stop.Token);

        await using NetworkStream stream = await LocalSocket.ConnectAsync(SocketPath, CancellationToken.None);
        await served.Task;

        await _stop.CancelAsync();
        await accepting;
    }

    [Fact]
    public async Task A_connection_that_fails_gives_its_place_to_the_next_one_and_the_last_is_waited_for()
    {
        int number = 0;
        var end = new TaskCompletionSource();
        var isServed = new TaskCompletionSource();
        using var acceptor = new Acceptor(
            _listener.AcceptAsync,
            most: 1,
            async (socket, _) =>
            {
                using (socket)
                {
                    if (number++ == 0)
                    {
                        throw new InvalidOperationException("a bug");
                    }

                    isServed.SetResult();
                    await end.Task;
                }
            },
            NullLogger.Instance);
        Task accepting = acceptor.RunAsync(_stop.Token);
        await using NetworkStream first = await LocalSocket.ConnectAsync(SocketPath, CancellationToken.None);
        await using NetworkStream second = await LocalSocket.ConnectAsync(SocketPath, CancellationToken.None);
        await isServed.Task;

        await _stop.CancelAsync();
        Assert.False(accepting.IsCompleted);
        end.SetResult();
        await accepting;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _stop.Dispose();
        _directory.Delete(recursive: true);
    }
}
