using System.Globalization;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Benchmarks;

/// <summary>
/// The memory that vmmd's state keeps, as a ratio to the bytes of the file that stores what is wanted: that is what was asked for, without
/// what is observed, and without any index.
/// </summary>
internal static class StateMemory
{
    private const int Unikernels = 10_000;

    public static int Run()
    {
        long before = Live();
        Host host = Host.Of(Unikernels);
        long state = Live() - before;
        long file = HostStateCodec.Encode(new StoredState(
            host.State.Desired.ToImmutableSortedDictionary(entry => entry.Key, entry => Stored(entry.Value)),
            host.State.Resources.Policies.ToImmutableSortedDictionary(entry => new Name(entry.Key, null), entry => entry.Value))).LongLength;
        GC.KeepAlive(host);

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Unikernels} running unikernels: {state / 1024} KiB of state, {state / Unikernels} bytes each; the file {file / 1024} KiB, {file / Unikernels} bytes each; ratio {(double)state / file:0.0}"));
        return state > 0 && file > 0 ? 0 : 1;
    }

    private static UnikernelConfig Stored(DesiredUnikernel wanted) =>
        new(wanted.Type, Compressed: false, Convert.FromHexString(wanted.Image.Sha256), wanted.Settings);

    private static long Live()
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
