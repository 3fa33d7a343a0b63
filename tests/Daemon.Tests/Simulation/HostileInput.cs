using Realtime.Cells;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Random input of every kind, good and bad, from a seed.</summary>
internal sealed class HostileInput(int seed)
{
    private static readonly string[] Names =
        ["a/1", "a/2", "a/3", "b/1", "b/2", "b/é", "c/1", "c/2", "t/1", "none", "also none"];

    private static readonly byte[][] BadElements =
    [
        Pack.Element(null), Pack.Element(5), Pack.Element("tick"), Pack.Array(), Pack.Array(3, 1, 2, 3, 4),
        Pack.Array(1, "a/1"), Pack.Map(("seq", 5)), Pack.Map(("stream", "a/1"), ("values", 1), ("seq", -1)),
        Pack.Map(("stream", new object?[] { 1 }), ("values", 1)),
        Pack.Map(("stream", "a/1"), ("values", 1), ("run", "x")),
        Pack.Map(("stream", "bad\n"), ("values", 1)), Pack.Map(("values", 1), ("time", "now"), ("stream", "a/1")),
    ];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, ulong> _last = [];

    /// <summary>Models for the names it uses.</summary>
    public static IReadOnlyList<(string Pattern, Model Model)> Models { get; } =
    [
        ("a/*", SmallModels.Gru()), ("b/*", SmallModels.Lstm()), ("c/*", SmallModels.Classifier()),
        ("t/*", SmallModels.Tokens()), ("17", SmallModels.Learner()),
    ];

    public int Below(int limit) => _random.Next(limit);

    /// <param name="origin">Null draws one.</param>
    public SimulatedMessage Message(Origin? origin = null)
    {
        var by = origin ?? (Origin)_random.Next(3);
        return _random.Next(20) switch
        {
            < 9 => new SimulatedMessage(by, Tick()),
            < 13 => new SimulatedMessage(by, Batch()),
            13 => new SimulatedMessage(by, Control()),
            14 => new SimulatedMessage(by, Control()) { Delimiter = true },
            15 => new SimulatedMessage(by, Broken()),
            16 => new SimulatedMessage(by, Tick(named: false)) { Topic = Topic() },
            17 => new SimulatedMessage(by, []) { Topic = Topic() },
            18 => new SimulatedMessage(by, Tick()) { Frames = 3 + _random.Next(3) },
            _ => new SimulatedMessage(by, Tick()) { LargestFrame = 2_000_000 },
        };
    }

    private byte[] Batch()
    {
        var count = _random.Next(4) == 0 ? _random.Next(100) : _random.Next(8);
        var ticks = Enumerable.Range(0, count).Select(_ =>
            _random.Next(8) == 0 ? BadElements[_random.Next(BadElements.Length)] : Tick());
        return Pack.Batch([.. ticks], _random.Next(2) == 0);
    }

    private byte[] Tick(bool named = true)
    {
        var name = Names[_random.Next(Names.Length)];
        object? stream = !named ? null : _random.Next(10) == 0 ? 17 : name;
        var seq = Seq(stream is int ? "17" : name);
        ulong? run = _random.Next(30) == 0 ? (ulong)_random.Next(4) : null;
        var values = _random.Next(12) == 0 ? OddValues() : Values(name);
        long? time = _random.Next(3) == 0 ? 1_800_000_000_000 + _random.Next(100_000) : null;
        if (_random.Next(2) == 0)
            return Pack.Array(1, stream, seq, time, values, _random.Next(2) == 0, run);
        var trace = _random.Next(4) == 0 ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : null;
        object? rid = _random.Next(4) == 0 ? _random.Next(1000) : null;
        return Pack.Tick(stream, values, seq, run, time, _random.Next(2) == 0, rid, trace);
    }

    // Mostly the next one, sometimes a gap, the same again, an old one, or none.
    private ulong? Seq(string name)
    {
        var last = _last.GetValueOrDefault(name, 10UL);
        var seq = _random.Next(16) switch
        {
            0 => last + 2 + (ulong)_random.Next(5),
            1 or 2 => last,
            3 => last - Math.Min(last, (ulong)_random.Next(6)),
            4 => ulong.MaxValue,
            5 => (ulong?)null,
            _ => last + 1,
        };
        if (seq != ulong.MaxValue || _random.Next(50) == 0)
            _last[name] = Math.Max(last, seq ?? last + 1);
        return seq == ulong.MaxValue ? last + 1 : seq;
    }

    private object? Values(string name) => name[0] switch
    {
        'b' => _random.Next(4) == 0 ? new Raw(Pack.Map(("b", Number()))) : new object?[] { Number(), Number() },
        'c' => new object?[] { Number(), null, Number() },
        't' => _random.Next(7),
        _ => Number(),
    };

    private object? OddValues() => _random.Next(8) switch
    {
        0 => null,
        1 => double.NaN,
        2 => double.PositiveInfinity,
        3 => 1e200,
        4 => "many",
        5 => new object?[] { 1, 2, 3, 4 },
        6 => new Raw(Pack.Map(("nothing", 1))),
        _ => new byte[3],
    };

    private double Number() => Math.Round(20 * _random.NextDouble() - 10, 3);

    private byte[] Control()
    {
        object? stream = Names[_random.Next(Names.Length)];
        return _random.Next(10) switch
        {
            0 => Pack.Op("hello", ("streams", new object?[] { stream, 17 })),
            1 => Pack.Op("streams", ("prefix", "a"), ("limit", 2)),
            2 => Pack.Op("last", ("streams", new object?[] { stream, "b/1" })),
            3 => Pack.Op("state.get", ("stream", stream)),
            4 => Pack.Op("reset", ("stream", stream), ("rid", 5)),
            5 => Pack.Op("forget", ("stream", stream)),
            6 => Pack.Op("reset", ("stream", 1.5)),
            7 => Pack.Op("describe"),
            8 => Pack.Op("nonsense"),
            _ => Pack.Op("state.put", ("stream", stream), ("state", new Raw(Pack.Map(("layers", null))))),
        };
    }

    private byte[] Broken()
    {
        if (_random.Next(3) == 0)
        {
            var noise = new byte[_random.Next(30)];
            _random.NextBytes(noise);
            return noise;
        }

        var payload = _random.Next(2) == 0 ? Batch() : Tick();
        if (_random.Next(2) == 0)
            return payload[.._random.Next(payload.Length)];
        payload[_random.Next(payload.Length)] = (byte)_random.Next(256);
        return payload;
    }

    private byte[] Topic() => _random.Next(5) switch
    {
        0 => [],
        1 => [0xff, 0xfe],
        2 => new byte[256],
        _ => System.Text.Encoding.UTF8.GetBytes(Names[_random.Next(Names.Length)]),
    };
}
