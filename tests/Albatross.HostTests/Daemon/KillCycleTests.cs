using System.Globalization;

namespace Albatross.HostTests.Daemon;

/// <summary>kill -9 of the daemon under load: a handful of times here, 200 times in <c>./check --long</c>.</summary>
public sealed class KillCycleTests(ITestOutputHelper output)
{
    private const int Few = 8;
    private const int Seed = 20;

    [Fact]
    public async Task A_daemon_that_is_killed_again_and_again_under_load_loses_doubles_restarts_and_leaks_nothing()
    {
        HostRequirement.NetworkNamespaces();
        bool hasKvm = File.Exists("/dev/kvm");
        int count = int.TryParse(
            Environment.GetEnvironmentVariable("ALBATROSS_KILL_CYCLES"), NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            ? given
            : Few;
        await using KillCycles cycles = await KillCycles.StartAsync(Seed, hasKvm);

        try
        {
            await cycles.RunAsync(count);
        }
        finally
        {
            output.WriteLine($"{cycles.Figures}");
            Console.WriteLine($"kill -9: {cycles.Figures}{(hasKvm ? "" : " (spt only)")}");
        }

        KillFigures figures = cycles.Figures;
        Assert.Equal((count, 0, 0, 0, 0, 0),
            (figures.Cycles, figures.Restarted, figures.Lost, figures.Doubled, figures.Leaked, figures.Unheard));
        Assert.Empty(await cycles.StopAsync());
    }
}
