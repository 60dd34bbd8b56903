using System.Text;
using Albatross.Linux;

namespace Albatross.Tests.State;

/// <summary>
/// A host that loses its power at any write, fsync or rename: afterwards the last acknowledged state is there, or the one that was being
/// stored, whole.
/// </summary>
public sealed class DurableReplacementTests
{
    private const int Sequences = 500;
    private const string Name = "state";

    [Fact]
    public void After_a_loss_of_power_at_any_step_the_last_acknowledged_content_or_the_next_is_there()
    {
        int cuts = 0;
        for (int seed = 0; seed < Sequences; seed++)
        {
            int steps = StepsOf(seed);
            for (int cut = 0; cut < steps; cut++)
            {
                Run(seed, cut);
                cuts++;
            }
        }

        Assert.True(cuts > Sequences * 4, $"only {cuts} cuts");
    }

    [Fact]
    public void A_writer_that_forgets_to_bring_the_bytes_to_the_disk_is_found() =>
        Assert.Contains(Enumerable.Range(0, 50), seed => IsLost(seed, (directory, content) =>
        {
            directory.Write("other", content);
            directory.Rename("other", Name);
            directory.SynchronizeNames();
        }));

    [Fact]
    public void A_writer_that_writes_in_place_is_found() =>
        Assert.Contains(Enumerable.Range(0, 50), seed => IsLost(seed, (directory, content) =>
        {
            directory.Write(Name, content);
            directory.Synchronize(Name);
            directory.SynchronizeNames();
        }));

    [Fact]
    public void A_writer_that_forgets_the_names_is_found() =>
        Assert.Contains(Enumerable.Range(0, 50), seed => IsLost(seed, (directory, content) =>
        {
            directory.Write("other", content);
            directory.Synchronize("other");
            directory.Rename("other", Name);
        }));

    private static int StepsOf(int seed)
    {
        var directory = new PowerlessDirectory(seed, cut: int.MaxValue);
        Write(directory, seed, static (directory, content) => directory.Replace(Name, content), acknowledged: []);
        return directory.Steps;
    }

    private static void Run(int seed, int cut) =>
        Assert.False(IsLost(seed, static (directory, content) => directory.Replace(Name, content), cut), $"seed {seed}, cut at {cut}");

    private static bool IsLost(int seed, Action<IDurableDirectory, byte[]> replace) =>
        Enumerable.Range(0, 20).Any(cut => IsLost(seed, replace, cut));

    private static bool IsLost(int seed, Action<IDurableDirectory, byte[]> replace, int cut)
    {
        var directory = new PowerlessDirectory(seed, cut);
        var acknowledged = new List<byte[]>();
        byte[]? inFlight = Write(directory, seed, replace, acknowledged);
        byte[]? found = directory.AfterPowerLoss(Name);
        byte[]? last = acknowledged.LastOrDefault();
        return !IsSame(found, last) && !IsSame(found, inFlight);
    }

    private static bool IsSame(byte[]? found, byte[]? expected) => found is null
        ? expected is null
        : expected is not null && found.AsSpan().SequenceEqual(expected);

    // What was being stored when the power went; null when none was.
    private static byte[]? Write(
        PowerlessDirectory directory, int seed, Action<IDurableDirectory, byte[]> replace, List<byte[]> acknowledged)
    {
        var random = new Random(seed);
        for (int i = 0; i < 3; i++)
        {
            byte[] content = Encoding.ASCII.GetBytes(new string((char)('a' + i), random.Next(1, 60)));
            try
            {
                replace(directory, content);
                acknowledged.Add(content);
            }
            catch (PowerLossException)
            {
                return content;
            }
        }

        return null;
    }
}
