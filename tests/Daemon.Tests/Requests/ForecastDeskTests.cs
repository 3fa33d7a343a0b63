using Realtime.Cells;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Requests;

/// <summary>The request <c>forecast</c>; a peer in Python holds its numbers against numpy.</summary>
public sealed class ForecastDeskTests
{
    private static readonly Model Small = SmallModels.Gru();

    [Fact]
    public void Streams_of_several_models_come_in_the_order_asked_for()
    {
        using var daemon = new SimulatedDaemon(models:
            [("a/*", Small), ("b/*", SmallModels.Lstm()), ("l/*", SmallModels.Learner()), ("e/*", Each())]);
        for (ulong seq = 1; seq <= 20; seq++)
        {
            daemon.Take(Pack.Tick("a/1", Math.Sin(seq), seq), Pack.Tick("b/1", new[] { 1.0, seq }, seq),
                Pack.Tick("l/1", seq % 5, seq), Pack.Tick("a/2", seq, seq),
                Pack.Tick("e/1", new[] { 1.0, seq % 3, 2 }, seq));
        }

        var digest = daemon.StatesDigest();
        string?[] streams = ["b/1", "a/2", null, "l/1", "a/1", "a/2", "e/1"];
        var found = Ask(daemon, 6, streams).Items;
        Assert.Equal(streams, found.Select(static one => one.IsNil ? null : one["stream"].AsString()));
        foreach (var (name, forecast) in streams.Zip(found).Where(static pair => pair.First is not null))
        {
            var last = daemon.Ask(Pack.Op("last", ("stream", name)))["predictions"].Items[0];
            Assert.Equal(last["mean"].Items[0].ToString(), forecast["mean"].Items[0].ToString());
            Assert.Equal(last["seq"].AsInt64(), forecast["seq"].AsInt64());
            Assert.Equal(last["model"].AsString(), forecast["model"].AsString());
            Assert.Equal(6, forecast["mean"].Items.Count);
            Assert.All(forecast["mean"].Items, step =>
            {
                Assert.Equal(last["mean"].Items[0].Items.Count, step.Items.Count);
                Assert.All(step.Items, static value => Assert.True(double.IsFinite(value.AsDouble()!.Value)));
            });
            // No bit depends on what else is asked for.
            Assert.Equal(forecast.ToString(), Ask(daemon, 6, name).Items[0].ToString());
        }

        Assert.Equal(digest, daemon.StatesDigest());
    }

    [Fact]
    public void A_stream_goes_on_as_if_nobody_had_asked()
    {
        using var asked = new SimulatedDaemon();
        using var other = new SimulatedDaemon();
        for (ulong seq = 1; seq <= 12; seq++)
        {
            asked.Take(Pack.Tick("s", seq % 4, seq));
            other.Take(Pack.Tick("s", seq % 4, seq));
            Ask(asked, 9, "s");
        }

        Assert.Equal(other.StatesDigest(), asked.StatesDigest());
        Assert.Equal(other.Sink.Predictions.Last().Payload, asked.Sink.Predictions.Last().Payload);
    }

    [Fact]
    public void A_model_that_sees_the_time_asks_for_the_interval()
    {
        Layer[] layers =
        [
            new GruLayer("gru", 3, 2, true, Weights(18), Weights(12), Weights(6), Weights(6)),
            new DenseLayer("head", 2, 1, Activation.Linear, Weights(2), Weights(1)),
        ];
        var additions = new ModelAdditions { Features = [new HourFeature()] };
        var model = Model.Read(ModelWriter.Write(
            "hour", ["x"], Normalisation.Running(9), layers, Forecast.Of([1], ["x"]), additions), "hour");
        using var daemon = new SimulatedDaemon(models: [("*", model)]);
        for (ulong seq = 1; seq <= 5; seq++)
            daemon.Take(Pack.Tick("s", seq % 3, seq, time: 1_700_000_000_000_000_000 + (long)seq * 3_600_000_000_000));
        var reply = daemon.Ask(Pack.Op("forecast", ("stream", "s"), ("steps", 3)));
        Assert.Equal(ErrorCode.Shape, Read.Error(reply));
        Assert.Contains("found no interval, expected the seconds from tick to tick", reply.ToString());
        var hourly = daemon.Ask(Pack.Op("forecast", ("stream", "s"), ("steps", 3), ("interval", 3600)));
        var daily = daemon.Ask(Pack.Op("forecast", ("stream", "s"), ("steps", 3), ("interval", 86400.0)));
        var (one, two) = (hourly["forecasts"].Items[0]["mean"].Items, daily["forecasts"].Items[0]["mean"].Items);
        Assert.Equal(one[0].ToString(), two[0].ToString());
        Assert.NotEqual(one[1].ToString(), two[1].ToString());
    }

    [Theory]
    [InlineData(ErrorCode.Malformed, "expected steps, from 1 on", 0, "s")]
    [InlineData(ErrorCode.Malformed, "expected streams: [name, …]", 3)]
    [InlineData(ErrorCode.Malformed, "streams[1] is no stream name", 3, "s", "")]
    [InlineData(ErrorCode.Refused, "found 2 streams of 8193 steps, expected at most 16384", 8193, "s", "s")]
    [InlineData(ErrorCode.Shape, "c: model model1: found a classifier, expected a model that forecasts", 3, "s", "c")]
    public void What_does_not_fit_is_said(ErrorCode code, string detail, int steps, params string[] streams)
    {
        using var daemon = new SimulatedDaemon(models: [("s", Small), ("c", SmallModels.Classifier())]);
        daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("c", new[] { 1.0, 2, 3 }, 1));
        var reply = streams.Length == 0 ? daemon.Ask(Pack.Op("forecast", ("steps", steps)))
            : daemon.Ask(Pack.Op("forecast", ("streams", streams.ToArray<object?>()), ("steps", steps)));
        Assert.Equal(code, Read.Error(reply));
        Assert.Contains(detail, reply["error"]["detail"].AsString());
    }

    [Fact]
    public void As_many_as_are_allowed_are_forecast()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 1));
        Assert.Equal(16_384, Ask(daemon, 16_384, "s").Items[0]["mean"].Items.Count);
    }

    private static Model Each()
    {
        Layer[] layers =
        [
            new RnnLayer("rnn", 1, 2, Activation.Tanh, Weights(2), Weights(4), Weights(2), Weights(2)),
            new DenseLayer("head", 2, 1, Activation.Linear, Weights(2), Weights(1)),
        ];
        return Model.Read(ModelWriter.Write(
            "one", ["value"], Normalisation.Running(9), layers, Forecast.Of([1], ["value"])), "one").Each(3);
    }

    private static float[] Weights(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 11 - 5) / 9f)];

    private static MessagePackValue Ask(SimulatedDaemon daemon, int steps, params string?[] streams) => daemon.Ask(
        Pack.Op("forecast", ("streams", streams.Select(static name => (object?)(name ?? "none")).ToArray()),
            ("steps", steps)))["forecasts"];
}
