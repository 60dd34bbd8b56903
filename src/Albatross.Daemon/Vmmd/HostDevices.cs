using System.Collections.Concurrent;
using System.Collections.Immutable;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Attaches taps and block devices to a start, all of them or none, and gives them back. Thread-safe. A tap that has to outlive our
/// descriptor has a file called by its name, so that a daemon that was killed leaves none that the next one does not find.
/// </summary>
internal sealed class HostDevices(DaemonOptions options, BlockDirectory blocks, ILogger log)
{
    // The original's names, which scripts and firewalls of its hosts may know.
    private const string TapPattern = "vmmtap%d";
    private const int NoSuchDevice = 19;
    private const int NoBridge = 95;

    private readonly ConcurrentDictionary<(Name Name, long Incarnation), HeldDevices> _held = new();
    private readonly ConcurrentDictionary<(Name Name, long Incarnation), ImmutableArray<string>> _kept = new();

    /// <summary>Attaches everything; the taps.</summary>
    /// <exception cref="IOException">Something could not be attached, and nothing is; the message says what.</exception>
    public ImmutableArray<TapOfDevice> Attach(Name name, long incarnation, DeviceOrder order)
    {
        var nets = ImmutableArray.CreateBuilder<HeldTap>();
        var opened = ImmutableArray.CreateBuilder<HeldBlock>();
        try
        {
            foreach (NetOrder net in order.Nets)
            {
                nets.Add(new HeldTap(net, MakeTap(net)));
            }

            foreach (BlockOrder block in order.Blocks)
            {
                opened.Add(blocks.Open(block));
            }
        }
        catch
        {
            new HeldDevices(nets.ToImmutable(), opened.ToImmutable()).Dispose();
            throw;
        }

        var held = new HeldDevices(nets.ToImmutable(), opened.ToImmutable());
        _held[(name, incarnation)] = held;
        return held.Taps;
    }

    /// <summary>What is attached to a start, perhaps nothing.</summary>
    public HeldDevices Of(Name name, long incarnation) => _held.GetValueOrDefault((name, incarnation)) ?? HeldDevices.None;

    /// <summary>Lets somebody else take the taps of a start by their names.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    public void KeepTaps(Name name, long incarnation)
    {
        HeldDevices held = Of(name, incarnation);
        _kept[(name, incarnation)] = [.. held.Nets.Select(net => net.Tap.Name)];
        foreach (HeldTap net in held.Nets)
        {
            File.WriteAllText(RecordOf(net.Tap.Name), $"{name}\n");   // before it could be left behind
            net.Tap.Keep();
            net.Tap.Dispose();
        }
    }

    /// <summary>Closes our descriptors of a start: its tender has them.</summary>
    public void HandOver(Name name, long incarnation) => Of(name, incarnation).Dispose();

    /// <summary>Gives back what is attached to a start.</summary>
    public void Detach(Name name, long incarnation)
    {
        if (_held.TryRemove((name, incarnation), out HeldDevices? held))
        {
            held.Dispose();
        }

        if (_kept.TryRemove((name, incarnation), out ImmutableArray<string> taps))
        {
            foreach (string tap in taps)
            {
                RemoveTap(tap);
            }
        }
    }

    /// <summary>Takes over the taps of a start of an earlier daemon, of which it noted those that have to be removed one day.</summary>
    public void Adopt(FoundTender found)
    {
        string[] taps = [.. (found.Origin.Taps ?? []).Select(tap => tap.Tap.ToString()).Where(tap => File.Exists(RecordOf(tap)))];
        if (taps.Length > 0)
        {
            _kept[(found.Name, found.Incarnation)] = [.. taps];
        }
    }

    /// <summary>Removes the taps that a daemon which was killed has left and nobody has; how many.</summary>
    public int RemoveLeftOvers()
    {
        List<string> unused = [.. Directory.EnumerateFiles(options.TapDirectory)
            .Select(file => Path.GetFileName(file))
            .Except(_kept.Values.SelectMany(taps => taps))];
        unused.ForEach(RemoveTap);
        return unused.Count;
    }

    private static Tap MakeTap(NetOrder net)
    {
        try
        {
            return Tap.CreateOn(net.Bridge.Bytes.Span, TapPattern);
        }
        catch (LinuxException e) when (e.Call == Tap.BridgeCall && e.Errno is NoSuchDevice or NoBridge)
        {
            throw new IOException(e.Errno == NoSuchDevice ? $"bridge {net.Bridge} does not exist" : $"{net.Bridge} is no bridge", e);
        }
        catch (LinuxException e)
        {
            throw new IOException($"no interface on bridge {net.Bridge}: {e.Message}", e);
        }
    }

    private void RemoveTap(string tap)
    {
        try
        {
            Tap.Remove(tap);
            File.Delete(RecordOf(tap));
        }
        catch (IOException e)
        {
            Log.TapLeft(log, tap, e.Message);
        }
    }

    private string RecordOf(string tap) => Path.Combine(options.TapDirectory, tap);
}
