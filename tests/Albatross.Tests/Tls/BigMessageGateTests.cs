using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Tests.Certificates;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.Tests.Tls;

public sealed class BigMessageGateTests
{
    private const int Mib = 1024 * 1024;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task There_are_as_many_slots_as_it_was_made_with()
    {
        using var gate = new BigMessageGate(slots: 2);
        IDisposable first = await gate.EnterAsync("a", Stopping);
        IDisposable second = await gate.EnterAsync("b", Stopping);
        Task<IDisposable> third = gate.EnterAsync("c", Stopping).AsTask();

        Assert.False(third.IsCompleted);
        first.Dispose();
        first.Dispose();
        (await third).Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task One_peer_cannot_take_all_slots()
    {
        using var gate = new BigMessageGate(slots: 2, slotsPerPeer: 1);
        using IDisposable flood = await gate.EnterAsync("flood", Stopping);
        Task<IDisposable>[] waiting = [.. Enumerable.Range(0, 30).Select(_ => gate.EnterAsync("flood", Stopping).AsTask())];

        using (await gate.EnterAsync("user", Stopping))
        {
            Assert.All(waiting, one => Assert.False(one.IsCompleted));
        }

        flood.Dispose();
        foreach (Task<IDisposable> one in waiting)
        {
            (await one).Dispose();
        }
    }

    [Fact]
    public async Task Who_stops_waiting_keeps_no_slot()
    {
        using var gate = new BigMessageGate(slots: 1);
        IDisposable only = await gate.EnterAsync("a", Stopping);
        using var impatient = new CancellationTokenSource();
        Task<IDisposable>[] waiting = [gate.EnterAsync("a", impatient.Token).AsTask(), gate.EnterAsync("b", impatient.Token).AsTask()];
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[0]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[1]);

        only.Dispose();
        using IDisposable again = await gate.EnterAsync("b", Stopping);
    }

    [Fact]
    public async Task A_big_certificate_waits_for_a_slot_and_a_small_one_does_not()
    {
        using var party = new TlsParty { Gate = new BigMessageGate(slots: 1), Command = TestPki.Create(new byte[2 * Mib]) };
        IDisposable taken = await party.Gate.EnterAsync("someone else", Stopping);
        Task<(AcceptOutcome Server, ConnectOutcome Client)> big = party.ShakeHandsAsync(party.Client(), Stopping);
        (AcceptOutcome small, _) = await party.ShakeHandsAsync(
            party.Client(party.Pki.Leaf(null, new Command.UnikernelInfo())), Stopping);
        await Assert.IsType<AcceptOutcome.Accepted>(small).Session.DisposeAsync();
        await Task.Delay(100, Stopping);
        Assert.False(big.IsCompleted);

        taken.Dispose();

        await using ServerSession session = Assert.IsType<AcceptOutcome.Accepted>((await big).Server).Session;
        using IDisposable free = await party.Gate.EnterAsync("the handshake has given it back", Stopping);
    }

    [Fact]
    public async Task A_client_that_stalls_with_a_slot_loses_it_long_before_the_deadline()
    {
        TlsLimits limits = new()
        {
            HandshakeTime = TimeSpan.FromMinutes(5),
            SlotGrace = TimeSpan.FromMilliseconds(100),
            SlotBytesPerSecond = 16 * Mib,
            DrainTime = TimeSpan.FromMilliseconds(50),
        };
        using var party = new TlsParty(limits: limits) { Gate = new BigMessageGate(slots: 1), Command = TestPki.Create(new byte[2 * Mib]) };
        using Loopback wire = await Loopback.ConnectAsync();
        var stalling = new ObservedStream(wire.Client, stallAfter: Mib);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        Task<ConnectOutcome> connecting = ClientSession.ConnectAsync(stalling, party.Client(), giveUp.Token);

        AcceptOutcome outcome =
            await ServerSession.AcceptAsync(wire.Server, "x", party.Server, Stopping).WaitAsync(TimeSpan.FromSeconds(30), Stopping);

        Assert.Equal(new Refusal(RefusalCode.HandshakeFailed, "the TLS handshake took too long"),
            Assert.IsType<AcceptOutcome.Rejected>(outcome).Refusal);
        using IDisposable free = await party.Gate.EnterAsync("y", Stopping);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }
}
