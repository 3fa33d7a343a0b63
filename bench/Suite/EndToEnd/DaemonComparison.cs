using System.Globalization;
using Realtime.Daemon.Bench;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Bench.Suite.EndToEnd;

/// <summary>
/// The running daemon over TCP, from tick to prediction, beside libzmq with nothing behind it, in rounds that
/// alternate. Both stay up throughout; the one that is not measured sleeps.
/// </summary>
internal sealed class DaemonComparison : IDisposable
{
    private const string Prefix = "realtimed-bench/";

    // The echo publishes under one topic, and has no memory of sequence numbers.
    private const string Echo = "echo";

    private const int LatencyStreams = 100;
    private const int SaturatedStreams = 1000;
    private const int HeadlineRate = 1000;
    private static readonly int[] Rates = [HeadlineRate, 20_000, 100_000];

    private readonly BenchContext _context;
    private readonly ZmqContext _sockets = new();
    private readonly PrivateDaemon _daemon;
    private readonly DaemonControl _control;
    private EchoPeer? _echo;

    private DaemonComparison(BenchContext context)
    {
        _context = context;
        _daemon = new PrivateDaemon([context.Daemon], EchoPeer.FreeEndpoints(), PlainModel.WriteTo(context.Folder));
        _control = new DaemonControl(_daemon.Endpoints.Requests!);
    }

    private TimeSpan Long => TimeSpan.FromSeconds(_context.Quick ? 2 : 4);

    private TimeSpan Short => TimeSpan.FromSeconds(_context.Quick ? 1 : 2);

    public static void Run(BenchContext context)
    {
        foreach (var claim in new[]
        {
            "roundtrip-p50-echo", "roundtrip-p99-echo", "saturated-single-forwarder", "saturated-batch64",
        })
            context.Results.Attempt(claim);
        using var comparison = new DaemonComparison(context);
        comparison.Run();
    }

    public void Dispose()
    {
        _echo?.Dispose();
        _control.Dispose();
        _daemon.Dispose();
        _sockets.Dispose();
    }

    private void Run()
    {
        WarmUp();
        Console.WriteLine();
        Console.WriteLine(
            $"# Tick to prediction, one client, {LatencyStreams} streams, a GRU of 32 units with a fixed head, tcp on this "
            + "machine, paced: µs from the intended time of each tick, median over rounds (p99.9 over all rounds together)");
        Console.WriteLine(
            "path         ticks/s        p50      p99    p99.9 |  echo p50      p99    p99.9 |  p50 ratio  p99 ratio"
            + "   lost, by echo   send delay");
        CompareLatency(OpenRequests, "requests");
        CompareLatency(OpenStream, "PULL to PUB");
        Console.WriteLine();
        CompareSaturation();
    }

    private ILane OpenRequests(BenchEndpoints at, string name) =>
        new RequestLane(_sockets, at.Requests!, Feed(name, LatencyStreams, TickForm.MapWithReply));

    private ILane OpenStream(BenchEndpoints at, string name) =>
        new StreamLane(_sockets, at.Ingest!, at.Predictions!, Feed(name, LatencyStreams, TickForm.Map));

    private static TickFeed Feed(string name, int streams, TickForm form) => new($"{Prefix}{name}/", streams, 1, form);

    // Compiles the daemon's code under load, then learns the sizes of its answers for the echo.
    private void WarmUp()
    {
        var feed = Feed("try", LatencyStreams, TickForm.Map);
        _control.Try(feed);
        var at = _daemon.Endpoints;
        Saturation.Singles(at.Ingest!, at.Predictions!, Feed("warm-single", SaturatedStreams, TickForm.Array), Short);
        Saturation.Batches(at.Requests!, Feed("warm-batch", SaturatedStreams, TickForm.Array), true, Short);
        var reply = AnswerSize(OpenRequests(at, "sizes-r"));
        var prediction = AnswerSize(OpenStream(at, "sizes-p"));
        var topic = $"p/{Prefix}{Echo}/00";
        _echo = EchoPeer.TryStart(_context.PathOf("zmq_peer"), topic, reply, prediction);
        Console.WriteLine();
        Console.WriteLine(
            $"# A tick of {feed.Size} bytes is answered by a reply of {reply} or a prediction of {prediction} bytes, "
            + "by the echo too");
    }

    private static int AnswerSize(ILane lane)
    {
        using (lane)
        {
            using var run = new PacedRun(lane);
            run.Run(HeadlineRate, TimeSpan.FromSeconds(1));
            return lane.AnswerSize > 0 ? lane.AnswerSize : throw new TimeoutException($"{lane.Name}: no answer");
        }
    }

    private void CompareLatency(Func<BenchEndpoints, string, ILane> open, string path)
    {
        using var ours = open(_daemon.Endpoints, path);
        using var echo = _echo is null ? null : open(_echo.Endpoints, Echo);
        using var ourRun = new PacedRun(ours);
        using var echoRun = echo is null ? null : new PacedRun(echo);
        foreach (var rate in Rates)
        {
            var duration = rate == HeadlineRate ? Long : Short;
            ourRun.Run(rate, Short / 2);
            echoRun?.Run(rate, Short / 2);
            List<PacedResult> our = [], echoes = [];
            for (var round = 0; round < _context.Rounds; round++)
            {
                // Neither is always first.
                if (round % 2 == 0)
                    our.Add(ourRun.Run(rate, duration));
                if (echoRun is not null)
                    echoes.Add(echoRun.Run(rate, duration));
                if (round % 2 != 0)
                    our.Add(ourRun.Run(rate, duration));
            }

            Report(path, rate, our, echoes);
        }
    }

    private void Report(string path, int rate, List<PacedResult> our, List<PacedResult> echoes)
    {
        var (p50, p99) = (Keep(path, rate, "daemon", our, 0.5), Keep(path, rate, "daemon", our, 0.99));
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{path,-12} {rate,7} {Percentiles(p50, p99, our)} |");
        if (echoes.Count > 0)
        {
            var (echo50, echo99) = (Keep(path, rate, "echo", echoes, 0.5), Keep(path, rate, "echo", echoes, 0.99));
            var (ratio50, ratio99) = (Spread.OfRatios(p50, echo50), Spread.OfRatios(p99, echo99));
            line += string.Create(
                CultureInfo.InvariantCulture,
                $"{Percentiles(echo50, echo99, echoes)} | {ratio50.Median,10:F2} {ratio99.Median,10:F2}");
            if (rate == HeadlineRate && path == "requests")
            {
                _context.Results.Add("roundtrip-p50-echo", ratio50);
                _context.Results.Add("roundtrip-p99-echo", ratio99);
            }
        }

        var delay = Spread.Of(our.Select(static round => round.SendDelay / 1000)).Median;
        Console.WriteLine(
            line + string.Create(CultureInfo.InvariantCulture, $" {Lost(our),6} {Lost(echoes),8} {delay,12:F1}"));
    }

    private double[] Keep(string path, int rate, string peer, List<PacedResult> rounds, double share)
    {
        double[] values = [.. rounds.Select(round => round.Latencies.Percentile(share) / 1000)];
        _context.Results.Keep("latency", string.Create(
            CultureInfo.InvariantCulture, $"{path}, {rate} ticks/s, {peer}, p{100 * share:0.#}, microseconds"), values);
        return values;
    }

    private static long Lost(List<PacedResult> rounds) => rounds.Sum(static round => round.Lost);

    private static string Percentiles(double[] p50, double[] p99, List<PacedResult> rounds) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Spread.Of(p50).Median,10:F1} {Spread.Of(p99).Median,8:F1} {Together(rounds, 0.999),8:F1}");

    private static double Together(List<PacedResult> rounds, double share)
    {
        var all = new Latencies(rounds.Sum(static round => round.Latencies.Count));
        foreach (var round in rounds)
            all.Add(round.Latencies);
        return all.Percentile(share) / 1000;
    }

    private void CompareSaturation()
    {
        List<SaturatedResult> singles = [], forwarded = [], batches = [], acknowledged = [];
        var single = Feed("single", SaturatedStreams, TickForm.Array);
        var forward = Feed(Echo, SaturatedStreams, TickForm.Array);
        var batch = Feed("batch", SaturatedStreams, TickForm.Array);
        var stepped = _control.Stepped;
        for (var round = 0; round < _context.Rounds; round++)
        {
            singles.Add(Saturation.Singles(_daemon.Endpoints.Ingest!, _daemon.Endpoints.Predictions!, single, Short));
            if (_echo is { Endpoints: var echo })
                forwarded.Add(Saturation.Singles(echo.Ingest!, echo.Predictions!, forward, Short));
            batches.Add(Saturation.Batches(_daemon.Endpoints.Requests!, batch, predictions: true, Short));
            acknowledged.Add(Saturation.Batches(_daemon.Endpoints.Requests!, batch, predictions: false, Short));
        }

        stepped = _control.Stepped - stepped;
        if (stepped != single.Next + batch.Next)
            Console.WriteLine($"WRONG: {single.Next + batch.Next} ticks were sent, {stepped} stepped");
        Console.WriteLine(
            $"# Saturated, {SaturatedStreams} streams; generator in C# over plain sockets, "
            + $"{Saturation.WindowOfSingles} ticks or {Saturation.WindowOfBatches} batches of {Saturation.BatchLength} "
            + "under way: ticks/s, median (lowest to highest), lost");
        Print("single ticks, PULL to PUB with one subscriber", singles);
        Print("C forwarder, one frame in, two frames out", forwarded);
        Print("batches of 64, predictions in the replies", batches);
        Print("batches of 64, acknowledged", acknowledged);
        if (forwarded.Count > 0)
            _context.Results.Add("saturated-single-forwarder", Spread.OfRatios(RatesOf(singles), RatesOf(forwarded)));
        _context.Results.Add("saturated-batch64", Spread.Of(batches.Select(static round => round.Rate / 1e6)));
    }

    private static double[] RatesOf(List<SaturatedResult> rounds) => [.. rounds.Select(static round => round.Rate)];

    private void Print(string what, List<SaturatedResult> rounds)
    {
        if (rounds.Count == 0)
            return;
        _context.Results.Keep("saturated", what + ", ticks per second", RatesOf(rounds));
        var rate = Spread.Of(RatesOf(rounds));
        var lost = rounds.Sum(static round => round.Lost);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-46} {rate.Median,12:N0}  ({rate.Low:N0} to {rate.High:N0})  {lost}"));
    }
}
