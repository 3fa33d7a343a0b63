using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Bench;

/// <summary>What to measure.</summary>
/// <param name="Endpoints">Where; without ingest and predictions only requests are measured.</param>
/// <param name="Prefix">What the streams' names begin with; they are forgotten before and after.</param>
/// <param name="Streams">How many streams take turns.</param>
/// <param name="Rate">Ticks per second where they are paced.</param>
/// <param name="Seconds">How long each measurement takes.</param>
/// <param name="Saturate">Also measure how much the daemon can take.</param>
public sealed record BenchPlan(
    BenchEndpoints Endpoints, string Prefix, int Streams, int Rate, double Seconds, bool Saturate);

/// <summary>What was measured; null where it was not asked for.</summary>
public sealed record BenchResult(
    PacedResult Requests, PacedResult? Published, SaturatedResult? Singles, SaturatedResult? Batches);

/// <summary>Measures a running daemon: latency of paced ticks, and throughput.</summary>
public static class BenchRun
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public static BenchResult Run(BenchPlan plan)
    {
        using var control = new DaemonControl(plan.Endpoints.Requests!, plan.Endpoints.Keys);
        var inputs = control.InputsOf(plan.Prefix + "0");
        var duration = TimeSpan.FromSeconds(plan.Seconds);
        var publishes = plan.Endpoints is { Ingest: not null, Predictions: not null };
        TickFeed Feed(string name, TickForm form) => new($"{plan.Prefix}{name}/", plan.Streams, inputs, form);

        control.Forget(plan.Prefix);
        try
        {
            using var context = new ZmqContext();
            var requests = Feed("request", TickForm.MapWithReply);
            control.Try(requests);
            var paced = Paced(new RequestLane(context, plan.Endpoints.Requests!, requests, plan.Endpoints.Keys),
                plan.Rate, duration);
            var published = publishes
                ? Paced(
                    new StreamLane(
                        context, plan.Endpoints.Ingest!, plan.Endpoints.Predictions!, Feed("publish", TickForm.Map),
                        plan.Endpoints.Keys),
                    plan.Rate, duration)
                : null;
            SaturatedResult? singles = publishes && plan.Saturate
                ? Saturation.Singles(
                    plan.Endpoints.Ingest!, plan.Endpoints.Predictions!, Feed("single", TickForm.Array), duration)
                : null;
            SaturatedResult? batches = plan.Saturate
                ? Saturation.Batches(
                    plan.Endpoints.Requests!, Feed("batch", TickForm.Array), predictions: true, duration)
                : null;
            return new BenchResult(paced, published, singles, batches);
        }
        finally
        {
            control.Forget(plan.Prefix);
        }
    }

    private static PacedResult Paced(ILane lane, int rate, TimeSpan duration)
    {
        using (lane)
        {
            using var run = new PacedRun(lane);
            // Connections come up, code gets compiled.
            run.Run(rate, WarmUp);
            return run.Run(rate, duration);
        }
    }
}
