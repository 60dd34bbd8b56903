namespace Albatross.Tls;

/// <summary>
/// How many strangers' big handshakes are in memory at once: a client past <see cref="TlsLimits.BigMessageBytes"/> is not read further
/// until it has a slot, so TCP slows it down. Slots bound the memory (about eight times 16 MiB each); one slot per peer keeps a flood
/// from one address from taking them all. One object serves a whole listener; it may be used from many threads.
/// </summary>
/// <param name="slots">How many at once; 1 or more.</param>
/// <param name="slotsPerPeer">How many at once of one peer; 1 or more.</param>
public sealed class BigMessageGate(int slots = BigMessageGate.DefaultSlots, int slotsPerPeer = 1) : IDisposable
{
    /// <summary>The default number of slots.</summary>
    public const int DefaultSlots = 2;

    private readonly SemaphoreSlim _free = new(slots, slots);
    private readonly Dictionary<string, PeerQueue> _peers = [];

    /// <summary>Waits for a slot.</summary>
    /// <param name="peer">Who asks: its address.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The slot; dispose it once to give it back.</returns>
    public async ValueTask<IDisposable> EnterAsync(string peer, CancellationToken cancellationToken)
    {
        PeerQueue queue = Join(peer);
        try
        {
            await queue.Free.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                queue.Free.Release();
                throw;
            }
        }
        catch
        {
            Leave(queue);
            throw;
        }

        return new Slot(this, queue);
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private PeerQueue Join(string peer)
    {
        lock (_peers)
        {
            if (!_peers.TryGetValue(peer, out PeerQueue? queue))
            {
                _peers[peer] = queue = new PeerQueue(peer, new SemaphoreSlim(slotsPerPeer, slotsPerPeer));
            }

            queue.Users++;
            return queue;
        }
    }

    private void Leave(PeerQueue queue)
    {
        lock (_peers)
        {
            if (--queue.Users == 0)
            {
                _peers.Remove(queue.Peer);
                queue.Free.Dispose();
            }
        }
    }

    private sealed class PeerQueue(string peer, SemaphoreSlim free)
    {
        public string Peer => peer;

        public SemaphoreSlim Free => free;

        public int Users { get; set; }
    }

    private sealed class Slot(BigMessageGate gate, PeerQueue queue) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                gate._free.Release();
                queue.Free.Release();
                gate.Leave(queue);
            }
        }
    }
}
