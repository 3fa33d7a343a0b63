using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;
using Xunit.Abstractions;

namespace Realtime.EndToEnd.Tests;

/// <summary>
/// The promise of the journal: an acknowledged tick is never lost, no tick is stepped twice, and every prediction
/// received has the bits of an uninterrupted run. The real daemon is killed at seeded moments under load.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Kills per durability; more by the environment's REALTIME_KILLS.</summary>
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("REALTIME_KILLS"), out var kills) ? kills : 25;

    private static readonly int Seed =
        int.TryParse(Environment.GetEnvironmentVariable("REALTIME_SEED"), out var seed) ? seed : 1;

    [Theory]
    [InlineData("os", 1)]
    [InlineData("fsync", 2)]
    public async Task A_daemon_killed_again_and_again_loses_and_repeats_nothing(string durability, int seed)
    {
        using var daemon = new RestartableDaemon(
            null, false, "state.directory=$folder/state", $"state.durability={durability}",
            "state.snapshotEvery=00:00:00.5");
        daemon.Start();
        using var run = new PublishedRun(daemon.Requests);
        var killer = new Killer(daemon, run, (1000 * Seed) + seed);
        for (var i = 0; i < Kills; i++)
            await killer.KillOnceAsync();
        await run.EndAsync(Patience);
        output.WriteLine($"{Kills} kills, {killer.AtStart} of them before the daemon served; {run.Counts}");

        // Everything is acknowledged now: a last kill, with nothing in flight, may change nothing.
        using (var client = daemon.Connect())
            RestartableDaemon.CheckAccounts(client);
        await daemon.KillAsync();
        daemon.Start();
        using var survivor = daemon.Connect();
        await CheckAsync(run, survivor);
    }

    [Fact]
    public async Task The_same_run_without_a_kill_is_that_of_an_uninterrupted_daemon()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var run = new PublishedRun(daemon.Requests);
        await run.AcknowledgedAsync(20_000, Patience);
        await run.EndAsync(Patience);
        using var client = daemon.Connect();
        Assert.Equal((0L, 0L), (run.Counts.PredictionsMissed, run.Counts.Resent));
        await CheckAsync(run, client);
    }

    [Fact]
    public async Task A_daemon_that_forgets_at_a_kill_does_not_pass_the_check()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var run = new PublishedRun(daemon.Requests);
        await new Killer(daemon, run, seed: 3).KillOnceAsync(underLoad: true);
        await run.EndAsync(Patience);
        Assert.True(run.Counts.Lost > 0, $"{run.Counts}");
        using var client = daemon.Connect();
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => CheckAsync(run, client));
    }

    private static async Task CheckAsync(PublishedRun run, RealtimeClient found)
    {
        var (load, counts) = (run.Load, run.Counts);
        using var calm = new RestartableDaemon();
        calm.Start();
        using var expected = calm.Connect();
        var predictions = await Task.Run(() => load.Repeat(expected, withPredictions: true));

        var last = RestartableDaemon.LastOf(found, load.Names);
        for (var i = 0; i < load.Names.Length; i++)
        {
            Assert.Equal(load.Last(i), last[load.Names[i]]);
            var state = StreamStates.Of(found, load.Names[i]);
            Assert.Equal(load.Last(i), state["counts"]["stepped"].AsUInt64());
            Assert.Empty(state["gaps"].Items);
        }

        StreamStates.CheckEqual(expected, found, load.Names);
        foreach (var (key, prediction) in run.Predictions)
            Assert.True(prediction == predictions[key], $"{key}: expected {predictions[key]}, found {prediction}");
        Assert.Equal((counts.Published, 0L, 0L), (counts.Acknowledged, counts.Rejected, counts.Lost));
        // Only ticks in flight at a kill are without: those that hello, or a duplicate, told to be stepped.
        Assert.Equal(predictions.Count - run.Predictions.Count, counts.PredictionsMissed);
        Assert.True(counts.PredictionsMissed <= counts.Confirmed + counts.Duplicates, $"{counts}");
    }
}
