using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// How well forecasts, intervals and scores do on recorded series, beside the simple forecasts that they have to beat.
/// </summary>
internal static class AccuracyTables
{
    public static void Run(BenchContext context)
    {
        StepCost.Run(context);
        RandomWalks.Run(context);
        if (RecordedData.Find() is not { } data)
        {
            Console.WriteLine("LEFT OUT: no recorded series at ../shared/data; REALTIME_DATA names another folder");
            return;
        }

        Section(data, "nab", () => NabSeries.Run(context, data));
        Section(data, "nab", () => NabScores.Run(context, data));
        Section(data, "airline", () => AirlineTrack.Run(context, data));
        Section(data, "", () => Coverage.Run(context, data));
        Section(data, "wth", () => OnlineProtocol.Weather(context, data));
        Section(data, "ett", () => OnlineProtocol.Transformer(context, data));
    }

    /// <summary>Adds a claim's only value.</summary>
    public static void Claim(BenchContext context, string name, double value)
    {
        context.Results.Attempt(name);
        if (double.IsFinite(value))
            context.Results.Add(name, Spread.Of([value]));
    }

    private static void Section(RecordedData data, string folder, Action run)
    {
        Console.WriteLine();
        if (Directory.Exists(data.PathOf(folder)))
            run();
        else
            Console.WriteLine($"LEFT OUT: no {data.PathOf(folder)}");
    }
}
