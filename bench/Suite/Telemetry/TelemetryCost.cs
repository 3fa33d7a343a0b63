using System.Globalization;
using Realtime.Bench.Suite.EndToEnd;
using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite.Telemetry;

/// <summary>
/// What it costs that the daemon tells of itself: three daemons that differ in it alone, saturated in turns. Off
/// measures nothing; one is asked for <c>/metrics</c> each second; one sends metrics, traces and logs by OTLP.
/// </summary>
internal sealed class TelemetryCost(BenchContext context) : IDisposable
{
    private const int Streams = 1000;

    // Shorter rounds, and more of them: the difference is small beside what else happens on a machine.
    private const int RoundsPerRound = 3;

    private static readonly string[] Kinds = ["off", "/metrics", "OTLP"];

    private readonly OtlpSink _sink = new();
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private int _pages;

    private TimeSpan Duration => TimeSpan.FromSeconds(context.Quick ? 0.75 : 1.5);

    public static void Run(BenchContext context)
    {
        context.Results.Attempt("telemetry-cost");
        LoopCost.Run(context);
        using var cost = new TelemetryCost(context);
        cost.Compare();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _http.Dispose();
        _sink.Dispose();
    }

    private void Compare()
    {
        Console.WriteLine();
        Console.WriteLine(
            "# Saturated, with telemetry off, with /metrics asked for each second, and with OTLP: ticks/s, median "
            + "(lowest to highest), off over it; the daemon's processor time for a tick");
        var page = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{OtlpSink.FreePort()}");
        PrivateDaemon[] daemons =
        [
            Start(["telemetry.histograms=false"], []),
            Start([$"http.endpoint={page}"], []),
            Start([], new()
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _sink.Endpoint,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "5000",
            }),
        ];
        _ = ScrapeAsync(page + "/metrics");
        var singles = Measure(daemons, "single", (daemon, feed) => Saturation.Singles(
            daemon.Endpoints.Ingest!, daemon.Endpoints.Predictions!, feed, Duration).Rate);
        var batches = Measure(daemons, "batch", (daemon, feed) => Saturation.Batches(
            daemon.Endpoints.Requests!, feed, predictions: false, Duration).Rate);
        Print("single ticks, PULL to PUB", singles);
        Print("batches of 64, acknowledged", batches);
        context.Results.Add("telemetry-cost", Spread.OfRatios([.. singles.Rates[0]], [.. singles.Rates[^1]]));
        foreach (var daemon in daemons)
            daemon.Dispose();
        if (_sink.Bytes == 0)
            Console.WriteLine("WRONG: nothing came by OTLP");
        if (_pages == 0)
            Console.WriteLine("WRONG: /metrics was never answered");
    }

    private PrivateDaemon Start(string[] settings, Dictionary<string, string> variables) =>
        new([context.Daemon], EchoPeer.FreeEndpoints(), PlainModel.WriteTo(context.Folder), settings: settings, variables: variables);

    private (List<double>[] Rates, double[] Cpu) Measure(
        PrivateDaemon[] daemons, string form, Func<PrivateDaemon, TickFeed, double> run)
    {
        TickFeed[] feeds =
        [
            .. Kinds.Select((_, i) => new TickFeed($"realtimed-bench/{form}{i}/", Streams, 1, TickForm.Array)),
        ];
        List<double>[] rates = [.. Kinds.Select(static _ => new List<double>())];
        for (var i = 0; i < daemons.Length; i++)
            run(daemons[i], feeds[i]);
        var (cpu, ticks) = (new double[Kinds.Length], new long[Kinds.Length]);
        for (var round = 0; round < RoundsPerRound * context.Rounds; round++)
        {
            for (var i = 0; i < daemons.Length; i++)
            {
                // None is always first.
                var turn = (i + round) % daemons.Length;
                var (before, first) = (daemons[turn].ProcessorTime, feeds[turn].Next);
                rates[turn].Add(run(daemons[turn], feeds[turn]));
                cpu[turn] += (daemons[turn].ProcessorTime - before).TotalNanoseconds;
                ticks[turn] += feeds[turn].Next - first;
            }
        }

        return (rates, [.. cpu.Zip(ticks, static (time, count) => time / count)]);
    }

    private async Task ScrapeAsync(string page)
    {
        try
        {
            while (true)
            {
                await _http.GetStringAsync(page, _stop.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _pages);
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
        {
            // The daemon is gone, or all is done.
        }
    }

    private void Print(string what, (List<double>[] Rates, double[] Cpu) measured)
    {
        var (rates, cpu) = measured;
        Console.WriteLine(what);
        for (var i = 0; i < Kinds.Length; i++)
        {
            context.Results.Keep("telemetry", $"{what}, {Kinds[i]}, ticks per second", rates[i]);
            var (rate, ratio) = (Spread.Of(rates[i]), Spread.OfRatios([.. rates[0]], [.. rates[i]]));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Kinds[i],-10} {rate.Median,12:N0}  ({rate.Low:N0} to {rate.High:N0})  {ratio.Median:F3}  {cpu[i]:F0} ns"));
        }
    }
}
