using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Tests.Certificates;
using Albatross.Tls.Sessions;

namespace Albatross.Tests.Tls;

public sealed class SessionTests
{
    private const int Mib = 1024 * 1024;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(KeyType.Ed25519, 0)]
    [InlineData(KeyType.Ed25519, 10 * Mib)]
    [InlineData(KeyType.P256, 0)]
    [InlineData(KeyType.P256, 10 * Mib)]
    [InlineData(KeyType.P384, 0)]
    [InlineData(KeyType.P521, 0)]
    [InlineData(KeyType.Rsa2048, 0)]
    [InlineData(KeyType.Rsa2048, 10 * Mib)]
    [InlineData(KeyType.Rsa4096, 0)]
    public async Task Both_ends_agree_and_the_server_reads_the_command_from_the_leaf(KeyType type, int imageBytes)
    {
        byte[] image = RandomNumberGenerator.GetBytes(imageBytes);
        using var party = new TlsParty(type) { Command = imageBytes == 0 ? new Command.UnikernelInfo() : TestPki.Create(image) };
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        await using (client)
        {
            Assert.True(Authorisation.TryRead(server.Chain, out Authorisation? authorisation, out Refusal? refusal), refusal?.Text);
            Assert.Equal("alpha:hello", authorisation.Name.ToString());
            Assert.Equal("alba", client.ServerChain.Leaf.CommonName);
            if (authorisation.Command is Command.UnikernelCreate create)
            {
                Assert.True(create.Config.Image.Span.SequenceEqual(image));
            }

            await server.Stream.WriteAsync("to the client"u8.ToArray(), Stopping);
            Assert.Equal("to the client"u8.ToArray(), await ReadAsync(client.Stream, 13));
            await client.Stream.WriteAsync("to the server"u8.ToArray(), Stopping);
            Assert.Equal("to the server"u8.ToArray(), await ReadAsync(server.Stream, 13));
        }
    }

    [Fact]
    public async Task Two_streams_in_opposite_directions_at_once_arrive_whole()
    {
        byte[] up = RandomNumberGenerator.GetBytes(5 * Mib + 1);
        byte[] down = RandomNumberGenerator.GetBytes(3 * Mib + 7);
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        await using (client)
        {
            Task writing = Task.WhenAll(WritePiecesAsync(client.Stream, up, 40_000), WritePiecesAsync(server.Stream, down, 1_000));
            Task<byte[]> received = ReadAsync(server.Stream, up.Length);
            Assert.True((await ReadAsync(client.Stream, down.Length)).AsSpan().SequenceEqual(down));
            Assert.True((await received).AsSpan().SequenceEqual(up));
            await writing;
        }
    }

    [Fact]
    public async Task Two_writers_that_fill_all_buffers_do_not_keep_the_readers_from_reading()
    {
        byte[] much = new byte[48 * Mib];
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        await using (client)
        {
            Task writing =
                Task.WhenAll(client.Stream.WriteAsync(much, Stopping).AsTask(), server.Stream.WriteAsync(much, Stopping).AsTask());
            Task reading = Task.WhenAll(ReadAsync(client.Stream, much.Length), ReadAsync(server.Stream, much.Length));
            await Task.WhenAll(writing, reading).WaitAsync(TimeSpan.FromSeconds(30), Stopping);
        }
    }

    [Fact]
    public async Task A_frame_of_16_KiB_is_one_record_in_one_write()
    {
        using var party = new TlsParty();
        using Loopback wire = await Loopback.ConnectAsync();
        var observed = new ObservedStream(wire.Server);
        Task<AcceptOutcome> accepting = ServerSession.AcceptAsync(observed, "x", party.Server, Stopping);
        await using ClientSession client =
            Assert.IsType<ConnectOutcome.Connected>(await ClientSession.ConnectAsync(wire.Client, party.Client(), Stopping)).Session;
        await using ServerSession server = Assert.IsType<AcceptOutcome.Accepted>(await accepting).Session;
        observed.Writes.Clear();

        await server.Stream.WriteAsync(new byte[16 * 1024], Stopping);

        byte[] record = Assert.Single(observed.Writes);
        Assert.Equal(5 + (record[3] << 8 | record[4]), record.Length);
        byte[] buffer = new byte[20_000];
        Assert.Equal(16 * 1024, await client.Stream.ReadAsync(buffer, Stopping));
    }

    [Fact]
    public async Task A_close_is_an_orderly_end_for_the_other_side()
    {
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (client)
        {
            await server.Stream.WriteAsync("last"u8.ToArray(), Stopping);
            Task closing = server.CloseAsync(Stopping);

            Assert.Equal("last"u8.ToArray(), await ReadAsync(client.Stream, 4));
            Assert.Equal(0, await client.Stream.ReadAsync(new byte[1], Stopping));
            Assert.False(client.Stream.HasEndedAbruptly);
            await client.CloseAsync(Stopping);
            await closing;
        }
    }

    [Fact]
    public async Task A_close_while_the_client_still_writes_does_not_lose_the_reply()
    {
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (client)
        {
            Task writing = WritePiecesAsync(client.Stream, new byte[4 * Mib], 16 * 1024);
            await server.Stream.WriteAsync("refused"u8.ToArray(), Stopping);
            Task closing = server.CloseAsync(Stopping);
            await writing;

            Assert.Equal("refused"u8.ToArray(), await ReadAsync(client.Stream, 7));
            await client.CloseAsync(Stopping);
            await closing;
        }
    }

    [Fact]
    public async Task An_end_without_close_notify_can_be_told_from_an_orderly_one()
    {
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        {
            await client.DisposeAsync();

            Assert.Equal(0, await server.Stream.ReadAsync(new byte[1], Stopping));
            Assert.True(server.Stream.HasEndedAbruptly);
        }
    }

    [Fact]
    public async Task A_cancelled_read_loses_nothing()
    {
        using var party = new TlsParty();
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        await using (client)
        {
            using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
                await client.Stream.ReadExactlyAsync(new byte[4], cancelled.Token));
            await server.Stream.WriteAsync("four"u8.ToArray(), Stopping);

            Assert.Equal("four"u8.ToArray(), await ReadAsync(client.Stream, 4));
        }
    }

    [Fact]
    public async Task A_released_leaf_leaves_memory_while_the_session_goes_on()
    {
        using var party = new TlsParty { Command = TestPki.Create(new byte[10 * Mib]) };
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        await using (server)
        await using (client)
        {
            WeakReference leaf = Release(server);
            for (int i = 0; i < 10 && leaf.IsAlive; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.False(leaf.IsAlive);
            await server.Stream.WriteAsync("on"u8.ToArray(), Stopping);
            Assert.Equal("on"u8.ToArray(), await ReadAsync(client.Stream, 2));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Release(ServerSession server)
    {
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(server.Chain.Leaf.Raw, out ArraySegment<byte> bytes));
        var leaf = new WeakReference(bytes.Array);
        server.ReleaseChain();
        return leaf;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, Stopping);
        return bytes;
    }

    private static async Task WritePiecesAsync(Stream stream, byte[] bytes, int size)
    {
        for (int at = 0; at < bytes.Length; at += size)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), Stopping);
        }
    }
}
