using System.Diagnostics;
using System.Globalization;
using Realtime.Daemon.Tests.Simulation;
using Xunit.Abstractions;

namespace Realtime.Daemon.Tests.Recovery;

/// <summary>The whole of the daemon's durability, simulated. <c>REALTIME_SEED</c> runs one seed alone.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Frames = 1000;
    private const int Seeds = 24;

    [Fact]
    public void Whatever_happens_the_world_is_that_of_an_uninterrupted_run()
    {
        var tally = new DurableTally();
        if (DurableSeeds.Asked is { } seed)
        {
            output.WriteLine(DurableSeeds.Run(seed, Frames).ToString());
            return;
        }

        var failures = new List<string>();
        for (var i = 0; i < Seeds; i++)
        {
            try
            {
                tally.Add(DurableSeeds.Run(i, Frames));
            }
            catch (InvalidOperationException e)
            {
                failures.Add(e.ToString());
            }
        }

        output.WriteLine(tally.ToString());
        Assert.True(failures.Count == 0, $"{failures.Count} of {Seeds} seeds:\n{string.Join("\n", failures)}");
        Assert.True(tally.Ticks > 20 * Seeds && tally.Lives > 3 * Seeds, tally.ToString());
        Assert.True(tally is { PowerLosses: > 10, Snapshots: > 20, Troubles: > 20, Damages: > 3 }, tally.ToString());
        Assert.True(tally.CapsCompared > 50, tally.ToString());
        Assert.All(new[] { 5, 9, 10 }, code => Assert.True(tally.RefusedBy[code] > 20, tally.ToString()));
    }

    [Fact]
    public void The_same_seed_runs_the_same()
    {
        Assert.Equal(DurableSeeds.Run(3, 300).ToString(), DurableSeeds.Run(3, 300).ToString());
    }

    /// <summary>Runs seed after seed; script/soak says for how long and from which on.</summary>
    [Fact]
    public void Soak()
    {
        var minutes = Number("REALTIME_SOAK_MINUTES", 0);
        var clock = Stopwatch.StartNew();
        var tally = new DurableTally();
        for (var seed = DurableSeeds.Asked ?? 1_000; clock.Elapsed.TotalMinutes < minutes; seed++)
            tally.Add(DurableSeeds.Run(seed, Frames));
        output.WriteLine(tally.ToString());
    }

    private static double Number(string variable, double otherwise) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number : otherwise;
}
