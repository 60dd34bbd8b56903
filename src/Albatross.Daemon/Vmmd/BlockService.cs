using System.Collections.Concurrent;
using Albatross.Daemon.Wire;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Tls.Streams;
using Albatross.Tls.Zlib;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Carries out what is asked of block devices: content comes and goes in streams, never as a whole in memory. A peer that stands still is
/// given up, and what it began is undone.
/// </summary>
internal sealed class BlockService(BlockDirectory directory, Func<long, LocalConnection?> find, TimeProvider time)
{
    // As the original sends them: a client may have made its buffers for that.
    private const int RawChunkBytes = 4 << 10;
    private const int PackedChunkBytes = 64 << 10;

    private readonly ConcurrentDictionary<Name, CancellationTokenSource> _waiting = new();

    /// <summary>Carries <paramref name="effect"/> out: BlockDone or BlockFailed.</summary>
    public async Task<VmmdInput> CarryAsync(VmmdEffect effect, CancellationToken cancellation) => effect switch
    {
        VmmdEffect.MakeBlock { Content: null } make => Outcome(make.Name, () => directory.Make(make.Name, make.SizeMib)),
        VmmdEffect.MakeBlock make => await FillAsync(make.Name, make.SizeMib, make.Content, true, cancellation).ConfigureAwait(false),
        VmmdEffect.FillBlock fill => await FillAsync(fill.Name, fill.SizeMib, fill.Content, false, cancellation).ConfigureAwait(false),
        VmmdEffect.RemoveBlock remove => Outcome(remove.Name, () => directory.Remove(remove.Name)),
        VmmdEffect.SendBlock send => await SendAsync(send, cancellation).ConfigureAwait(false),
        _ => throw new System.Diagnostics.UnreachableException($"{effect.GetType().Name} is not about a block device"),
    };

    /// <summary>Gives up what waits for a peer on behalf of <paramref name="name"/>.</summary>
    public void GiveUp(Name name)
    {
        if (_waiting.TryGetValue(name, out CancellationTokenSource? waiting))
        {
            waiting.Cancel();
        }
    }

    private static VmmdInput Outcome(Name name, Action action)
    {
        try
        {
            action();
            return new VmmdInput.BlockDone(name);
        }
        catch (IOException e)
        {
            return Failed(name, e.Message);
        }
    }

    private static VmmdInput.BlockFailed Failed(Name name, string text) => new(name, new Refusal(RefusalCode.HostFailure, text));

    private async Task<VmmdInput> FillAsync(Name name, long sizeMib, BlockContent content, bool isNew, CancellationToken cancellation)
    {
        LocalConnection? sender = content.Sender is { } from ? find(from.Connection) : null;
        if (content.Sender is not null && sender is null)
        {
            return Failed(name, "error while reading stream: its sender is gone");
        }

        using CancellationTokenSource waiting = Wait(name, sender, cancellation);
        try
        {
            var reader = new BlockContentReader(content, sender);
            await using (reader.ConfigureAwait(false))
            {
                await directory.FillAsync(name, sizeMib, ReadAsync, isNew, waiting.Token).ConfigureAwait(false);
            }

            return new VmmdInput.BlockDone(name);

            async ValueTask<int> ReadAsync(Memory<byte> buffer)
            {
                waiting.CancelAfter(DaemonLimits.ContentDeadline);
                return await reader.ReadAsync(buffer, waiting.Token).ConfigureAwait(false);
            }
        }
        catch (InvalidDataException e)
        {
            return Failed(name, $"error writing to file descriptor: {e.Message}");
        }
        catch (IOException e)
        {
            return Failed(name, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Failed(name, sender?.Broken.IsCancellationRequested == true
                ? "error while reading stream: its sender is gone"
                : $"error while reading stream: nothing came for {DaemonLimits.ContentDeadline.TotalSeconds} s, or the daemon is stopping");
        }
        finally
        {
            _waiting.TryRemove(name, out _);
        }
    }

    private async Task<VmmdInput> SendAsync(VmmdEffect.SendBlock send, CancellationToken cancellation)
    {
        if (find(send.To.Connection) is not { } reader)
        {
            return Failed(send.Name, "its reader is gone");
        }

        using CancellationTokenSource waiting = Wait(send.Name, reader, cancellation);
        VmmdInput outcome = new VmmdInput.BlockDone(send.Name);
        Reply last;
        try
        {
            FileStream file = directory.OpenToRead(send.Name);
            await using (file.ConfigureAwait(false))
            {
                last = send.IsWhole
                    ? await WholeAsync(file, send.Level, waiting.Token).ConfigureAwait(false)
                    : await StreamAsync(file, send, reader, waiting.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            string text = e is IOException ? e.Message : "the stream was given up";
            (last, outcome) = (Reply.Failure.Of(text), Failed(send.Name, text));
        }
        finally
        {
            _waiting.TryRemove(send.Name, out _);
        }

        reader.Answer(send.To.Header, last, Connection.Close);
        return outcome;
    }

    private static async Task<Reply> WholeAsync(FileStream file, int level, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        Stream target = Target(content, level);
        await using (target.ConfigureAwait(false))
        {
            await file.CopyToAsync(target, cancellation).ConfigureAwait(false);
        }

        return new Reply.OldBlockDeviceImage(Compressed: level > 0, content.ToArray());
    }

    private async Task<Reply> StreamAsync(
        FileStream file, VmmdEffect.SendBlock send, LocalConnection reader, CancellationToken cancellation)
    {
        Tell(new Reply.BlockDeviceImage(Compressed: send.Level > 0));
        var chunks = new ChunkingStream(
            send.Level > 0 ? PackedChunkBytes : RawChunkBytes,
            async chunk =>
            {
                await reader.HasRoomAsync(time, cancellation).ConfigureAwait(false);
                reader.Broken.ThrowIfCancellationRequested();
                Tell(new Reply.BlockData(chunk));
            });
        Stream target = Target(chunks, send.Level);
        await using (target.ConfigureAwait(false))
        {
            await file.CopyToAsync(target, PackedChunkBytes, cancellation).ConfigureAwait(false);
        }

        await chunks.SendRestAsync().ConfigureAwait(false);
        return new Reply.BlockData(null);

        void Tell(Reply reply) => reader.Send(WireCodec.EncodeFramed(new Protocol.Commands.Wire.Answer(send.To.Header, reply)));
    }

    private static Stream Target(Stream answer, int level) =>
        level == 0 ? answer : ZlibFormat.Packer(answer, level);

    private CancellationTokenSource Wait(Name name, LocalConnection? peer, CancellationToken cancellation)
    {
        var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, peer?.Broken ?? default);
        _waiting[name] = waiting;
        return waiting;
    }
}
