using System.Text.RegularExpressions;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Tests.Commands;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Reloading;

public sealed class ReloadTests
{
    private static readonly string[] Streams = ["a", "b", "c"];

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void A_model_of_the_same_shape_goes_on_with_the_states(int horizons)
    {
        using var rig = new ReloadRig([("*", SomeModel.File())], durable: false);
        foreach (var stream in Streams)
            rig.Take(stream, 1, 20);
        var before = Streams.Select(stream => ReloadRig.Numbers(rig.World, stream)).ToArray();
        var file = SomeModel.File(seed: 2, horizons: horizons);
        var reply = rig.Change(file);
        AssertFate(reply, "carried", 3);
        Assert.Equal(before, Streams.Select(stream => ReloadRig.Numbers(rig.World, stream)));
        Assert.Equal(horizons, rig.World.Models[0].PredictionCount);

        // The state under the new weights, by another way.
        using var other = ReloadRig.Reference(file, "a", 1, 1);
        var (row, model) = (other.World.Streams[0].ModelRow, other.World.Models[0]);
        var state = new float[model.Model.StateFloats];
        rig.World.Models[0].Engine.Read(rig.World.Streams[0].ModelRow, state);
        model.Engine.Write(row, state);
        rig.World.Models[0].Memory(rig.World.Streams[0].ModelRow).CopyTo(model.Memory(row));
        rig.Take("a", 21, 30);
        for (var seq = 21; seq <= 30; seq++)
            other.Take(Pack.Tick("a", ReloadRig.Value("a", seq), (ulong)seq, time: seq));
        Assert.Equal(ReloadRig.Numbers(other.World, "a"), ReloadRig.Numbers(rig.World, "a"));
        Assert.Equal(Mean(other.Sink.Predictions.Last()), Mean(rig.Daemon.Sink.Predictions.Last()));
        AssertExactlyOnce(rig, "a", 30);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void The_last_prediction_is_told_again_where_it_is_still_one(int horizons, bool isTold)
    {
        using var rig = new ReloadRig([("*", SomeModel.File())], durable: false);
        rig.Take("a", 1, 5);
        rig.Change(SomeModel.File(seed: 2, horizons: horizons));
        var reply = rig.Daemon.Ask(Pack.Tick("a", ReloadRig.Value("a", 5), 5, reply: true));
        Assert.Equal(1, reply["ack"]["duplicate"].AsInt64());
        Assert.Equal(isTold, reply["predictions"].Items[0]["seq"].AsInt64() == 5);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public void A_model_of_another_shape_is_warmed_up_by_the_last_ticks(int warmTicks)
    {
        using var rig = new ReloadRig([("*", SomeModel.File())]);
        rig.Take("a", 1, 25);
        rig.Take("b", 1, 40);
        rig.Take("c", 1, 4);
        var file = SomeModel.File(hidden: 12, seed: 3);
        AssertFate(rig.Change(file, warmTicks), "warming", 3);
        foreach (var (stream, last) in new[] { ("a", 25), ("b", 40), ("c", 4) })
        {
            using var reference = ReloadRig.Reference(file, stream, Math.Max(1, last - warmTicks + 1), last);
            Assert.Equal(ReloadRig.Numbers(reference.World, stream), ReloadRig.Numbers(rig.World, stream));
        }

        AssertExactlyOnce(rig, "a", 25);
        rig.Take("a", 26, 26);
        var warmed = Assert.Single(rig.Daemon.Sink.Events, static one =>
            one.Event == "warmed" && one.Seq > 2);
        Assert.Equal(26UL, warmed.Seq);
    }

    [Fact]
    public void The_past_is_found_over_segments_and_ends_where_the_row_was_given_to_the_stream()
    {
        using var rig = new ReloadRig([("*", SomeModel.File())]);
        rig.Take("old", 1, 30);
        rig.Take("a", 1, 12);
        rig.TakeSnapshot();
        rig.Daemon.Ask(Pack.Op("forget", ("stream", "old")));
        rig.Take("b", 1, 7);
        rig.TakeSnapshot();
        rig.Take("a", 13, 25);
        var file = SomeModel.File(hidden: 12, seed: 3);
        rig.Change(file, 20);
        Assert.Equal(12, rig.World.Models[0].Model.StateFloats);
        foreach (var (stream, from, to) in new[] { ("a", 6, 25), ("b", 1, 7) })
        {
            using var reference = ReloadRig.Reference(file, stream, from, to);
            Assert.Equal(ReloadRig.Numbers(reference.World, stream), ReloadRig.Numbers(rig.World, stream));
        }
    }

    [Fact]
    public void The_new_model_takes_over_at_one_tick()
    {
        var (then, now) = (SomeModel.File(), SomeModel.File(hidden: 16, seed: 3));
        using var rig = new ReloadRig([("*", then)]);
        rig.Take("a", 1, 30);
        rig.Configure([("model0", "*", now)], 1000);
        rig.Daemon.Request(Pack.Op("reload"));
        var last = 30;
        rig.Await(() =>
        {
            rig.Take("a", last + 1, last + 1);
            last++;
            return rig.World.HandOvers.Busy is null && rig.World.Models[0].Model.StateFloats == 16;
        });
        rig.Take("a", last + 1, last + 5);
        last += 5;

        using var before = ReloadRig.Reference(then, "a", 1, last);
        var old = before.Sink.Predictions.ToDictionary(Seq, Mean);
        var made = rig.Daemon.Sink.Predictions.ToDictionary(Seq, static one => one);
        Assert.Equal(last, made.Count);
        var first = Enumerable.Range(1, last).First(seq => Mean(made[seq]) != old[seq]);

        using var after = ReloadRig.Reference(now, "a", 1, last);
        var newer = after.Sink.Predictions.ToDictionary(Seq, Mean);
        for (var seq = first; seq <= last; seq++)
            Assert.True(Mean(made[seq]) == newer[seq], $"seq {seq}, the first of the new model is {first}");
        var flagged = Enumerable.Range(3, last - 2).Where(seq => IsWarming(made[seq])).ToArray();
        Assert.Equal(Enumerable.Range(first - flagged.Length, flagged.Length), flagged);
        Assert.NotEmpty(flagged);
        Assert.Equal((ulong)first, rig.Daemon.Sink.Events.Last(one => one.Event == "warmed").Seq);
        AssertExactlyOnce(rig, "a", last);
    }

    [Fact]
    public void A_model_with_other_inputs_starts_anew_and_nothing_is_counted_twice()
    {
        using var rig = new ReloadRig([("*", SomeModel.File())]);
        rig.Take("a", 1, 25);
        AssertFate(rig.Change(SomeModel.File(8, 2, 3, "x", "y")), "cold", 1);
        var reset = Assert.Single(rig.Daemon.Sink.Events, static one => one.Event == "reset");
        Assert.Equal(("model", 25UL), (reset.Detail, reset.Seq));
        AssertExactlyOnce(rig, "a", 25);
        Assert.Equal(3, (int)Read.Errors(rig.Daemon.Ask(Pack.Tick("a", 1.0, 26)))[0].Code);
        for (var seq = 26; seq <= 29; seq++)
            rig.Daemon.Take(Pack.Tick("a", new double[] { seq, 2 }, (ulong)seq));
        var flags = rig.Daemon.Sink.Predictions.TakeLast(4).Select(IsWarming);
        Assert.Equal([true, false, false, false], flags);
        AssertExactlyOnce(rig, "a", 29);
        Assert.DoesNotContain(rig.Daemon.Sink.Events, static one => one.Event == "gap");
    }

    [Fact]
    public void Without_a_journal_another_shape_starts_anew()
    {
        using var rig = new ReloadRig([("*", SomeModel.File())], durable: false);
        rig.Take("a", 1, 25);
        AssertFate(rig.Change(SomeModel.File(hidden: 12)), "cold", 1);
        AssertExactlyOnce(rig, "a", 25);
    }

    [Fact]
    public void Models_come_and_go_and_streams_keep_theirs_as_long_as_it_is_there()
    {
        var (one, two, three) = (SomeModel.File(seed: 1), SomeModel.File(seed: 2), SomeModel.File(seed: 3));
        using var rig = new ReloadRig([("a*", one), ("*", two)]);
        rig.Take("a1", 1, 5);
        rig.Take("b1", 1, 5);
        rig.Take("c1", 1, 5);
        var numbers = ReloadRig.Numbers(rig.World, "a1");

        // Model 1 is gone, a new one stands first, and model 0 serves other streams than before.
        rig.Configure([("new", "a*", three), ("model0", "b*", one)]);
        var reply = rig.Reload();
        Assert.Equal(
            ["new added 0", "model0 unchanged 1", "model1 gone 2"],
            reply["models"].Items.Select(static model =>
                $"{model["name"].AsString()} {model["fate"].AsString()} {model["streams"].AsInt64()}"));
        Assert.Equal((1L, 1L), (reply["moved"].AsInt64(), reply["left"].AsInt64()));
        Assert.Equal(("model0", numbers), (ModelOf(rig, "a1"), ReloadRig.Numbers(rig.World, "a1")));
        Assert.Equal("model0", ModelOf(rig, "b1"));
        Assert.Null(rig.Daemon.State("c1"));
        AssertExactlyOnce(rig, "b1", 5);
        rig.Take("a2", 1, 1);
        Assert.Equal("new", ModelOf(rig, "a2"));
    }

    [Fact]
    public void What_is_wrong_is_told_and_all_stays_as_it_was()
    {
        using var rig = new ReloadRig([("*", SomeModel.File())]);
        rig.Take("a", 1, 10);
        var numbers = ReloadRig.Numbers(rig.World, "a");
        File.WriteAllText(rig.Configuration, """{"models": [{"name": "model0", "fil": "x"}]}""");
        var reply = rig.Reload();
        Assert.Equal(ErrorCode.Refused, Read.Error(reply));
        Assert.Contains(reply["faults"].Items, static fault => Regex.IsMatch(
            fault.AsString()!,
            """realtimed\.json:1:\d+: found the unknown key "models\[0\]\.fil", expected name, file"""));
        Assert.Matches(
            @"realtimed[.]json:\d+:\d+: model model0: ", rig.Change([1, 2, 3])["faults"].Items[0].AsString());
        Assert.Equal(numbers, ReloadRig.Numbers(rig.World, "a"));
        AssertFate(rig.Change(SomeModel.File()), "unchanged", 1);
        Assert.Equal(numbers, ReloadRig.Numbers(rig.World, "a"));
    }

    [Fact]
    public void Settings_that_can_not_take_effect_now_wait_for_the_next_start()
    {
        using var rig = new ReloadRig([("*", SomeModel.File())], durable: false);
        rig.Set(""", "frame": {"maxTicks": 7}, "engine": {"threads": 2}""");
        // What is told once is told again as long as it waits.
        for (var i = 0; i < 2; i++)
        {
            var reply = rig.Reload();
            Assert.Equal(
                "engine.threads 1 became 2", Assert.Single(reply["nextStart"].Items).AsString());
            Assert.Equal(
                i == 0 ? ["frame.maxTicks 4096 became 7"] : [],
                reply["applied"].Items.Select(static one => one.AsString()));
        }
    }

    [Fact]
    public void A_start_with_another_shape_warms_up_and_one_after_a_reload_goes_on_exactly()
    {
        var (then, now) = (SomeModel.File(), SomeModel.File(hidden: 12, seed: 3));
        var rig = new ReloadRig([("*", then)]);
        rig.Take("a", 1, 25);
        rig.TakeSnapshot();
        rig.Take("a", 26, 33);
        var folder = rig.Abandon();

        rig = new ReloadRig([("*", now)], folder: folder, warmTicks: 15);
        Assert.Equal((0, 0, 1), (rig.Recovery.Carried, rig.Recovery.Cold, rig.Recovery.Warmed));
        Assert.Contains(rig.Recovery.Notices, static notice => notice.Contains("1 of 1 streams were warmed up"));
        using (var reference = ReloadRig.Reference(now, "a", 19, 33))
            Assert.Equal(ReloadRig.Numbers(reference.World, "a"), ReloadRig.Numbers(rig.World, "a"));
        AssertExactlyOnce(rig, "a", 33);

        rig.Take("a", 34, 40);
        var third = SomeModel.File(hidden: 5, seed: 4);
        AssertFate(rig.Change(third, 15), "warming", 1);
        rig.Await(() => rig.World.Snapshots!.Ended >= 2);
        rig.Take("a", 41, 45);
        var digest = rig.Daemon.StatesDigest();
        rig.Abandon();

        using var last = new ReloadRig([("*", third)], folder: folder, warmTicks: 15);
        Assert.Equal((1, 0, 0), (last.Recovery.Carried, last.Recovery.Cold, last.Recovery.Warmed));
        Assert.Equal(digest, last.Daemon.StatesDigest());
        Assert.Equal(0, last.Recovery.Different);
    }

    [Fact]
    public void A_start_before_the_snapshot_of_a_hand_over_tells_that_the_models_of_now_stepped_it_all()
    {
        var rig = new ReloadRig([("*", SomeModel.File())]);
        rig.Take("a", 1, 5);
        rig.TakeSnapshot();
        rig.Take("a", 6, 9);
        rig.World.Changes.Setup(Setup.Of(rig.World.Models, "1.2.3").ToBytes());
        rig.Take("a", 10, 12);
        using var again = new ReloadRig([("*", SomeModel.File())], folder: rig.Abandon());
        Assert.Contains(again.Recovery.Notices, static notice => notice.StartsWith("models were changed behind"));
        AssertExactlyOnce(again, "a", 12);
    }

    [Fact]
    public async Task Check_tells_beforehand_while_a_daemon_owns_the_folder()
    {
        using var rig = new ReloadRig([("a*", SomeModel.File()), ("*", SomeModel.File(seed: 2))]);
        foreach (var stream in new[] { "a1", "a2", "b" })
            rig.Take(stream, 1, 3);
        rig.TakeSnapshot();
        await AssertCheckAsync(rig, "2 of model model0: carried", "1 of model model1: carried: the model is the same");
        rig.Configure([("model0", "a*", SomeModel.File(seed: 9)), ("model1", "*", SomeModel.File(hidden: 4))], 77);
        await AssertCheckAsync(rig, "2 of model model0: carried", "1 of model model1: warmed by their last 77 ticks");
        rig.Configure([("model0", "a*", SomeModel.File(8, 1, 3, "x", "y"))]);
        await AssertCheckAsync(rig, "2 of model model0: cold: inputs x became x y", "1 of model model1: left out");
        rig.Take("a1", 4, 4);
    }

    private static async Task AssertCheckAsync(ReloadRig rig, params string[] expected)
    {
        var files = Directory.GetFiles(rig.State).Order().ToArray();
        var result = await CommandLine.RunWellAsync("check", "--config", rig.Configuration);
        var against = await CommandLine.RunWellAsync("check", "--config", rig.Configuration, "--against", rig.State);
        Assert.Equal(result.Output, against.Output);
        Assert.Equal(files, Directory.GetFiles(rig.State).Order());
        var lines = string.Join('\n', result.Lines);
        foreach (var text in expected)
            Assert.Contains(text, lines);
    }

    // Every tick is a duplicate, and the next is expected.
    private static void AssertExactlyOnce(ReloadRig rig, string stream, int last)
    {
        var state = Read.Value(rig.Daemon.State(stream)!);
        Assert.Equal((last, last), (state["seq"].AsInt64(), state["counts"]["stepped"].AsInt64()));
        Assert.Empty(state["gaps"].Items);
        foreach (var seq in new[] { 1, last / 2, last })
        {
            var reply = rig.Daemon.Ask(Pack.Tick(stream, ReloadRig.Value(stream, seq), (ulong)seq));
            Assert.Equal(1, reply["ack"]["duplicate"].AsInt64());
        }
    }

    private static void AssertFate(MessagePackValue reply, string fate, int streams)
    {
        Assert.True(reply["ok"].AsBoolean() == true, reply.ToString());
        var model = Assert.Single(reply["models"].Items);
        Assert.Equal((fate, streams), (model["fate"].AsString(), model["streams"].AsInt64()));
    }

    private static string ModelOf(ReloadRig rig, string stream) =>
        Read.Value(rig.Daemon.State(stream)!)["model"].AsString()!;

    private static int Seq(Published prediction) => (int)prediction.Value["seq"].AsInt64()!.Value;

    private static string Mean(Published prediction) => Convert.ToHexString(Read.Entry(prediction.Payload, "mean")!);

    private static bool IsWarming(Published prediction) =>
        prediction.Value["flags"].Items.Any(static flag => flag.AsString() == "warming");
}
