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
    private const int FailuresShown = 8;

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
            Try(i, tally, failures);
        output.WriteLine(tally.ToString());
        Assert.True(failures.Count == 0, $"{failures.Count} of {Seeds} seeds:\n{string.Join("\n", failures)}");
        Assert.True(tally.Ticks > 20 * Seeds && tally.Lives > 3 * Seeds, tally.ToString());
        Assert.True(tally is { PowerLosses: > 10, Snapshots: > 20, Troubles: > 20, Damages: > 3 }, tally.ToString());
        Assert.True(tally.CapsCompared > 50, tally.ToString());
        Assert.All(new[] { 5, 9, 10 }, code => Assert.True(tally.RefusedBy[code] > 20, tally.ToString()));
    }

    [Fact]
    public void It_is_with_two_frames_in_flight()
    {
        var tally = new DurableTally();
        for (var seed = 100; seed < 100 + Seeds / 3; seed++)
            tally.Add(DurableSeeds.Run(seed, Frames, isOnDevice: true));
        output.WriteLine(tally.ToString());
        Assert.True(tally is { PowerLosses: > 3, Snapshots: > 6, Troubles: > 6, Late: > 500 }, tally.ToString());
    }

    [Fact]
    public void The_same_seed_runs_the_same()
    {
        Assert.Equal(DurableSeeds.Run(3, 300).ToString(), DurableSeeds.Run(3, 300).ToString());
    }

    /// <summary>One seed more; script/soak says for how long to go on, and from which one.</summary>
    [Fact]
    public void Soak()
    {
        var minutes = Number("REALTIME_SOAK_MINUTES", 0);
        var clock = Stopwatch.StartNew();
        var tally = new DurableTally();
        var failures = new List<string>();
        var seed = DurableSeeds.Asked ?? 1_000;
        do
        {
            Try(seed++, tally, failures);
        }
        while (clock.Elapsed.TotalMinutes < minutes && failures.Count < FailuresShown);
        output.WriteLine($"up to seed {seed - 1}: {tally}");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    private static void Try(int seed, DurableTally tally, List<string> failures)
    {
        try
        {
            tally.Add(DurableSeeds.Run(seed, Frames));
        }
        catch (InvalidOperationException e)
        {
            failures.Add(e.ToString());
        }
    }

    private static double Number(string variable, double otherwise) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number : otherwise;
}
