using System.Reflection;
using Realtime.Cells.Adaptive;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Requests;

public sealed class StateTests
{
    // A row's place, and what is counted or remembered of it without being its state.
    private static readonly string[] Scratch =
    [
        "Model", "ModelRow", "Touched", "DuplicatesInARow", "RejectedSecond", "RejectedEvents", "Frame", "Wave", "Item",
    ];

    [Theory]
    [InlineData("a/1")]
    [InlineData("b/1")]
    [InlineData("c/1")]
    [InlineData("t/1")]
    [InlineData("17")]
    public void State_put_elsewhere_is_the_same_to_the_byte_and_goes_on_to_the_same_bits(string stream)
    {
        var input = new HostileInput(5);
        using var daemon = new SimulatedDaemon(models: HostileInput.Models);
        for (var i = 0; i < 400; i++)
            daemon.Send(input.Message());
        daemon.Run();
        using var other = new SimulatedDaemon(models: HostileInput.Models);
        var state = daemon.State(stream)!;
        Assert.True(other.Ask(Pack.Op("state.put", ("state", new Raw(state))))["ok"].AsBoolean());
        Assert.Equal(state, other.State(stream));
        // A map of a foreign writer: numbers in their widest form, entries in another order.
        Assert.True(daemon.Ask(Pack.Op("state.put", ("state", new Raw(Rewritten(state)))))["ok"].AsBoolean());
        Assert.Equal(state, daemon.State(stream));

        var values = new object?[daemon.World.Models[daemon.World.Streams[daemon.World.Streams.Find(
            System.Text.Encoding.UTF8.GetBytes(stream))].Model].Model.Inputs.Count];
        Array.Fill(values, 3);
        var tick = Pack.Tick(stream, values, reply: true);
        Assert.Equal(Read.Entry(daemon.AskBytes(tick), "predictions"), Read.Entry(other.AskBytes(tick), "predictions"));
        Assert.Equal(daemon.State(stream), other.State(stream));
    }

    [Theory]
    [InlineData("layers", null, "state has no layers")]
    [InlineData("layers", 5, "layers is not a map")]
    [InlineData("layers.gru", 5, "layers has an entry that is not a name with a map")]
    [InlineData("layers.gru.h", null, "layers.gru.h is missing")]
    [InlineData("layers.gru.h", 5, "layers.gru has an entry that is not a name with a bin of float32")]
    [InlineData("layers.gru.h", "bin31", "layers.gru.h has 31 bytes, expected 32")]
    [InlineData("layers.gru.h", "binNaN", "layers.gru.h has a value that is not finite")]
    [InlineData("layers.gru.h", "binHuge", "layers.gru.h has a value that is not finite, or over")]
    [InlineData("layers.gru.c", "bin31", "layers.gru.c is not in model model0")]
    [InlineData("model", "other", "state of model other, the stream is served by model0")]
    [InlineData("model", 5, "model is not a string")]
    [InlineData("digest", "abc", "state of a model with digest abc, model0 has ")]
    [InlineData("digest", 5, "digest is not a string")]
    [InlineData("seq", -1, "seq is not an unsigned integer")]
    [InlineData("seq", "x", "seq is not an unsigned integer")]
    [InlineData("seq", 3, "first 4 lies behind seq 3")]
    [InlineData("seq", 9, "gaps[0] does not lie behind the one before")]
    [InlineData("seq", "nil", "first or gaps without a seq")]
    [InlineData("first", "x", "first is not an unsigned integer")]
    [InlineData("first", 100, "first 100 lies behind seq 12")]
    [InlineData("run", -5, "run is not an unsigned integer")]
    [InlineData("owed", true, "owed is not an unsigned integer")]
    [InlineData("gaps", 5, "gaps is not an array of at most 8")]
    [InlineData("gaps", "gaps9", "gaps is not an array of at most 8")]
    [InlineData("gaps", "gapsBackwards", "gaps[0] is not [from, to]")]
    [InlineData("gaps", "gapsOfOne", "gaps[0] is not [from, to]")]
    [InlineData("gaps", "gapsOverlapping", "gaps[1] does not lie behind the one before")]
    [InlineData("time", "now", "time is not an integer")]
    [InlineData("arrival", 1.5, "arrival is not an integer")]
    [InlineData("memory", 5, "memory is not a map")]
    [InlineData("memory.mean", null, null)]
    [InlineData("memory.mean", 5, "memory.mean is not 1 numbers")]
    [InlineData("memory.mean", "[NaN]", "memory.mean is not 1 numbers")]
    [InlineData("memory.n", "[-1]", "memory.n is not 1 numbers from 0 to")]
    [InlineData("memory.variance", "[-1]", "memory.variance is not 1 numbers from 0 to")]
    [InlineData("memory.variance", "[Inf]", "memory.variance is not 1 numbers from 0 to")]
    [InlineData("memory.last", "[Inf]", "memory.last is not 1 numbers from -1")]
    [InlineData("memory.forecast", "[Inf]", "memory.forecast is not 1 numbers from")]
    [InlineData("memory.forecast", "[NaN]", null)]
    [InlineData("memory.other", 5, "memory.other is not in model model0")]
    [InlineData("counts", 5, "counts is not a map")]
    [InlineData("counts.stepped", -5, "counts has an entry that is not a name with an integer from 0")]
    [InlineData("counts.other", 5, "counts has an unknown key other")]
    [InlineData("errors", 5, "errors is not a map")]
    [InlineData("errors.scored", 1.5, "errors.scored is not an integer")]
    [InlineData("errors.mae", -1, "errors has an entry that is not a name with a finite number from 0")]
    [InlineData("errors.persistenceMae", "x", "errors has an entry that is not a name with a finite number from 0")]
    [InlineData("errors.other", 5, "errors has an unknown key other")]
    [InlineData("prediction", 5, "prediction is not a map")]
    [InlineData("prediction.values", null, "prediction has not both values and outputs")]
    [InlineData("prediction.outputs", null, "prediction has not both values and outputs")]
    [InlineData("prediction.outputs", "[Inf]", "prediction.outputs does not fit model model0")]
    [InlineData("prediction.values", "[Inf]", "prediction.values does not fit model model0")]
    [InlineData("prediction.flags", 64, "prediction.flags does not fit model model0")]
    [InlineData("prediction.flags", 300, "prediction.flags does not fit model model0")]
    [InlineData("prediction.warming", 1, "prediction.warming does not fit model model0")]
    [InlineData("prediction.other", 1, "prediction.other does not fit model model0")]
    [InlineData("stream", 1.5, "stream is no stream name")]
    [InlineData("other", 1, "state has an unknown key other")]
    public void A_damaged_state_is_refused_and_changes_nothing(string path, object? element, string? fault)
    {
        using var daemon = Daemon();
        var state = daemon.State("s")!;
        var damaged = MapPatch.Set(state, path, element is null ? null : ElementOf(element));
        var events = daemon.Sink.Events.Count();
        foreach (var stream in new[] { "s", "new" })
        {
            var reply = daemon.Ask(Pack.Op("state.put", ("stream", stream), ("state", new Raw(damaged))));
            if (fault is null)
            {
                Assert.True(reply["ok"].AsBoolean());
                continue;
            }

            Assert.Equal(ErrorCode.Shape, Read.Error(reply));
            Assert.StartsWith(fault, reply["error"]["detail"].AsString());
        }

        if (fault is null)
            return;
        Assert.Equal(state, daemon.State("s"));
        Assert.Equal(1, daemon.World.Streams.Count);
        Assert.Equal(events, daemon.Sink.Events.Count());
    }

    [Fact]
    public void A_state_with_an_entry_twice_is_refused()
    {
        using var daemon = Daemon();
        foreach (var key in new[] { "seq", "gaps", "layers", "memory", "prediction" })
        {
            var twice = new Raw(MapPatch.Twice(daemon.State("s")!, key));
            var reply = daemon.Ask(Pack.Op("state.put", ("state", twice)));
            Assert.Equal($"state has {key} twice", reply["error"]["detail"].AsString());
        }
    }

    [Fact]
    public void Random_damage_never_stops_the_loop_and_changes_nothing_or_all()
    {
        var random = new Random(77);
        using var daemon = Daemon();
        var state = daemon.State("s")!;
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var damaged = (byte[])state.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            var payload = Pack.Op("state.put", ("stream", "s"), ("state", new Raw(damaged)));
            var reply = daemon.Ask(i % 10 == 0 ? payload[..^random.Next(1, 50)] : payload);
            if (reply["ok"].AsBoolean())
            {
                // It goes on, with finite predictions, whatever was put.
                var prediction = daemon.Ask(Pack.Tick("s", 5, run: (ulong)i + 10, reply: true))["predictions"].Items[0];
                var mean = prediction.IsNil ? 0 : prediction["mean"].Items[0].Items[0].AsDouble()!.Value;
                Assert.True(double.IsFinite(mean), $"put {i} forecasts {mean}");
                daemon.Ask(Pack.Op("forget", ("stream", "s")));
                Assert.True(daemon.Ask(Pack.Op("state.put", ("state", new Raw(state))))["ok"].AsBoolean());
                continue;
            }

            refused++;
            Assert.Equal(state, daemon.State("s"));
        }

        Assert.InRange(refused, 500, 2990);
    }

    [Fact]
    public void Every_field_of_a_stream_is_carried_or_known_as_scratch()
    {
        using var daemon = Daemon();
        daemon.Take(Pack.Tick(17, 5, 1, run: 2), Pack.Tick(17, 5, 9), Pack.Tick(17, 5, 15));
        var row = daemon.World.Streams.Find("17"u8);
        daemon.World.Streams[row].Order.Owe(40);
        var before = Written(daemon, row);
        var missing = new List<string>();
        foreach (var field in Fields(typeof(StreamRow)))
        {
            var kept = daemon.World.Streams[row];
            if (field[0].Name is not ("Model" or "ModelRow"))
                daemon.World.Streams[row] = (StreamRow)Changed(kept, field);
            if (Written(daemon, row).SequenceEqual(before))
                missing.Add(field[0].Name);
            daemon.World.Streams[row] = kept;
        }

        Assert.Equal(Scratch.Order(), missing.Order());
    }

    [Fact]
    public void The_slots_of_memory_and_state_cover_all_of_them()
    {
        foreach (var (_, model) in HostileInput.Models)
        {
            var preprocessor = new Cells.Preprocessor(model);
            Assert.Equal(preprocessor.MemoryDoubles, preprocessor.Slots.Sum(static slot => slot.Length));
            Assert.Equal(model.StateFloats, model.StateSlots.Sum(static slot => slot.Length));
            if (!OnlineForecaster.Wanted(model))
                continue;
            var online = new OnlineForecaster(model, preprocessor);
            Assert.Equal(online.MemoryBytes, online.Slots.Sum(static slot => slot.Bytes));
        }
    }

    [Fact]
    public void A_state_that_is_put_is_idle_from_then_on()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(idleAfter: TimeSpan.FromHours(1)));
        using var other = Daemon();
        var state = new Raw(other.State("s")!);
        daemon.Clock.UtcNanoseconds += 7200 * SimulatedClock.Second;
        daemon.Ask(Pack.Op("state.put", ("state", state)));
        daemon.Clock.UtcNanoseconds += 3599 * SimulatedClock.Second;
        daemon.Run();
        Assert.Equal(1, daemon.World.Streams.Count);
        daemon.Clock.UtcNanoseconds += 2 * SimulatedClock.Second;
        daemon.Run();
        Assert.Equal(0, daemon.World.Streams.Count);
    }

    [Fact]
    public void A_state_for_a_full_table_is_refused()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(streamsMax: 1));
        daemon.Take(Pack.Tick("s", 5));
        var put = Pack.Op("state.put", ("stream", "t"), ("state", new Raw(daemon.State("s")!)));
        Assert.Equal(ErrorCode.Refused, Read.Error(daemon.Ask(put)));
        Assert.Equal(1, daemon.World.Streams.Count);
    }

    // A stream with a run, a gap and a prediction: first 4, gap 6 to 9, last 12.
    private static SimulatedDaemon Daemon()
    {
        var daemon = new SimulatedDaemon();
        daemon.Take(
            Pack.Tick("s", 5, 4, run: 1), Pack.Tick("s", 7, 5), Pack.Tick("s", 6, 10), Pack.Tick("s", 6, 11),
            Pack.Tick("s", 5, 12));
        return daemon;
    }

    private static byte[] ElementOf(object element) => element switch
    {
        "nil" => Pack.Element(null),
        "bin31" => Pack.Element(new byte[31]),
        "binNaN" => Pack.Element(Floats(float.NaN)),
        "binHuge" => Pack.Element(Floats(1e35f)),
        "gaps9" => Pack.Element(Enumerable.Range(0, 9).Select(static _ => (object?)new object?[] { 6, 6 }).ToArray()),
        "gapsBackwards" => Pack.Array(new object?[] { 9, 6 }),
        "gapsOfOne" => Pack.Array(new object?[] { 9 }),
        "gapsOverlapping" => Pack.Array(new object?[] { 6, 8 }, new object?[] { 8, 9 }),
        "[NaN]" => Pack.Array(double.NaN),
        "[Inf]" => Pack.Array(double.PositiveInfinity),
        "[-1]" => Pack.Array(-1),
        _ => Pack.Element(element),
    };

    private static byte[] Floats(float last)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes.AsSpan(28), last);
        return bytes;
    }

    private static byte[] Rewritten(byte[] state)
    {
        var entries = Read.Value(state).Entries;
        return Pack.Bytes(writer =>
        {
            var map = writer.BeginMap();
            foreach (var (key, value) in entries.Reverse())
            {
                writer.WriteString(key);
                value.WriteTo(writer);
            }

            writer.EndMap(map, entries.Count);
        });
    }

    private static byte[] Written(SimulatedDaemon daemon, int row) =>
        Pack.Bytes(writer => StateWriter.Write(writer, daemon.World, row));

    // Paths to all fields that are no structures of ours; of the remembered gaps the first.
    private static IEnumerable<FieldInfo[]> Fields(Type type)
    {
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
            if (field.FieldType.IsPrimitive || field.FieldType.IsEnum)
                yield return [field];
            else
                foreach (var inner in Fields(field.FieldType))
                    yield return [field, .. inner];
    }

    private static object Changed(object value, ReadOnlySpan<FieldInfo> path)
    {
        if (path.IsEmpty)
            return value switch
            {
                bool flag => !flag,
                Enum flags => Enum.ToObject(flags.GetType(), Convert.ToInt64(flags) ^ 2),
                _ => Convert.ChangeType(Convert.ToDecimal(value) + 1, value.GetType()),
            };
        path[0].SetValue(value, Changed(path[0].GetValue(value)!, path[1..]));
        return value;
    }
}
