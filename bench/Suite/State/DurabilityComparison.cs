using System.Globalization;
using Realtime.Bench.Suite.EndToEnd;
using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite.State;

/// <summary>What durability costs: three daemons that differ in it alone, in turns, over TCP.</summary>
internal sealed class DurabilityComparison(BenchContext context)
{
    private const int Streams = 1000;
    private const int BatchesInFlight = 4;

    private static readonly string[] Durabilities = ["none", "os", "fsync"];

    private TimeSpan Duration => TimeSpan.FromSeconds(context.Quick ? 1 : 2);

    public static void Run(BenchContext context)
    {
        foreach (var claim in new[]
        {
            "durability-os-none", "fsync-256-in-flight", "snapshot-pause-100k", "snapshot-write-100k",
            "snapshot-load-100k", "recovery-rate",
        })
            context.Results.Attempt(claim);
        Console.WriteLine();
        Console.WriteLine("# State: 100,000 streams of a GRU of 32 units; median (lowest to highest)");
        new SnapshotMeasurements(context).Run();
        Console.WriteLine();
        new DurabilityComparison(context).Compare();
    }

    private void Compare()
    {
        Console.WriteLine(
            "# Saturated, batches of 64 acknowledged, by durability: ticks/s, median (lowest to highest); 2048 ticks "
            + "under way, and 256");
        var daemons = Durabilities.Select(Start).ToList();
        var many = Durabilities.Select(static _ => new List<double>()).ToList();
        var few = Durabilities.Select(static _ => new List<double>()).ToList();
        foreach (var (daemon, feed) in daemons)
            Measure(daemon, feed, Saturation.WindowOfBatches);
        for (var round = 0; round < context.Rounds; round++)
        {
            for (var i = 0; i < daemons.Count; i++)
            {
                // None is always first.
                var turn = (i + round) % daemons.Count;
                many[turn].Add(Measure(daemons[turn].Daemon, daemons[turn].Feed, Saturation.WindowOfBatches));
                few[turn].Add(Measure(daemons[turn].Daemon, daemons[turn].Feed, BatchesInFlight));
            }
        }

        for (var i = 0; i < daemons.Count; i++)
        {
            Print(Durabilities[i], Saturation.WindowOfBatches, many[i]);
            Print(Durabilities[i], BatchesInFlight, few[i]);
            daemons[i].Daemon.Dispose();
        }

        context.Results.Add("durability-os-none", Spread.OfRatios([.. many[0]], [.. many[1]]));
        context.Results.Add("fsync-256-in-flight", Spread.Of(few[2].Select(static rate => rate / 1e6)));
    }

    private (PrivateDaemon Daemon, TickFeed Feed) Start(string durability) => (
        new PrivateDaemon([context.Daemon], EchoPeer.FreeEndpoints(), PlainModel.WriteTo(context.Folder), durability),
        new TickFeed($"realtimed-bench/{durability}/", Streams, 1, TickForm.Array));

    private double Measure(PrivateDaemon daemon, TickFeed feed, int window) =>
        Saturation.Batches(daemon.Endpoints.Requests!, feed, predictions: false, Duration, window).Rate;

    private void Print(string durability, int window, List<double> rates)
    {
        var ticks = window * Saturation.BatchLength;
        context.Results.Keep("state", $"durability {durability}, {ticks} ticks under way, ticks per second", rates);
        var rate = Spread.Of(rates);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{durability,-6} {ticks,5} {rate.Median,12:N0}  ({rate.Low:N0} to {rate.High:N0})"));
    }
}
