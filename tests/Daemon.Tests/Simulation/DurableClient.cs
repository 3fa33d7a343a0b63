using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>
/// A client that follows the protocol for exactly-once: a window of requests, what was refused is sent again, and after
/// a restart the daemon says where its streams stand. It checks every reply.
/// </summary>
internal sealed class DurableClient
{
    private const int Window = 4;
    private const string Models = "abct";

    private readonly DurableSimulation _simulation;
    private readonly Random _random;
    private readonly Stream[] _streams;
    private readonly Queue<Sent> _inFlight = new();
    private ulong _epoch;
    private int _rid;
    private int _quietUntil;
    private bool _needsHello = true;

    public DurableClient(DurableSimulation simulation, int number, int streams, int seed)
    {
        _simulation = simulation;
        Number = number;
        _random = new Random(seed);
        _streams = [.. Enumerable.Range(0, streams).Select(i => new Stream(
            $"{Models[_random.Next(Models.Length)]}/k{number}-{i}", (ulong)_random.Next(3)))];
    }

    public int Number { get; }

    /// <summary>It only finishes what it has begun, and sends nothing bad.</summary>
    public bool IsFinishing { get; set; }

    public bool IsIdle => _inFlight.Count == 0 && !_needsHello;

    public override string ToString() =>
        $"client {Number}: {string.Join(", ", _inFlight)} under way{(_needsHello ? ", says hello" : "")}";

    public IEnumerable<string> Names => _streams.Select(static stream => stream.Name);

    /// <summary>The values a client sends for a tick; null is missing.</summary>
    public static object? Values(string name, ulong seq)
    {
        var random = new Random(HashCode(name) + (int)seq);
        double Number() => Math.Round(20 * random.NextDouble() - 10, 3);
        if (IsBad(name, seq))
            return "many";
        return name[0] switch
        {
            'b' => new object?[] { Number(), Number() },
            'c' => new object?[] { Number(), random.Next(9) == 0 ? null : Number(), Number() },
            't' => random.Next(7),
            _ => Number(),
        };
    }

    /// <summary>Whether the daemon has what was sent.</summary>
    public static bool AreValues(string name, ulong seq, double[] values)
    {
        object?[] sent = Values(name, seq) is object?[] several ? several : [Values(name, seq)];
        return sent.Length == values.Length && sent.Zip(values).All(static pair =>
            (pair.First is null ? double.NaN : Convert.ToDouble(pair.First)).Equals(pair.Second));
    }

    /// <summary>Sends what it likes to, now and then.</summary>
    public void Act()
    {
        if (_simulation.Frame < _quietUntil || _inFlight.Count >= Window)
            return;
        if (_needsHello)
        {
            if (_inFlight.Count == 0)
                SayHello();
            return;
        }

        if (IsFinishing)
        {
            foreach (var stream in _streams)
                if (stream.Next <= stream.Highest && stream.InFlight == 0)
                    SendSingle(stream, stream.Next++);
            return;
        }

        Try(_streams[_random.Next(_streams.Length)]);
    }

    /// <summary>A stream was given up: its count is gone.</summary>
    public void Removed(string name)
    {
        if (Array.Find(_streams, stream => stream.Name == name) is not { } stream)
            return;
        stream.Owed = null;
        stream.IsTainted = true;
    }

    /// <summary>The daemon has ended.</summary>
    /// <param name="survives">What the daemon had not taken comes to the next one.</param>
    /// <param name="isStrict">Nothing that was acknowledged may be gone.</param>
    public void LoseConnection(bool survives, bool isStrict)
    {
        var left = _inFlight.Where(sent => survives && !sent.IsTaken).ToArray();
        _needsHello |= left.Length != _inFlight.Count || !survives;
        _inFlight.Clear();
        foreach (var stream in _streams)
        {
            stream.InFlight = 0;
            stream.IsTainted |= !isStrict;
            if (!isStrict || stream.Owed is { IsRecorded: false })
                stream.Owed = null;
        }

        foreach (var sent in left)
        {
            _inFlight.Enqueue(sent);
            foreach (var (stream, _) in sent.Ticks)
                stream.InFlight++;
        }
    }

    public void Take(ReadOnlySpan<byte> payload)
    {
        Assert.True(_inFlight.TryDequeue(out var sent), $"client {Number}: a reply to nothing");
        foreach (var (stream, _) in sent.Ticks)
            stream.InFlight--;
        var reply = Read.Value(payload);
        if (sent.Rid is { } rid)
            Assert.True(reply["rid"].AsInt64() == rid, $"client {Number}: reply {reply["rid"].AsInt64()}, not {rid}");
        if (sent.Ticks.Length != 0)
            TakeAck(sent, reply, Read.Entry(payload, "predictions"));
        else if (sent.IsHello)
            TakeHello(reply);
        foreach (var stream in _streams)
            if (stream.IsTainted && stream.InFlight == 0)
                (stream.IsTainted, stream.Acked, stream.Owed) = (false, null, null);
    }

    private static int HashCode(string name) => name.Aggregate(17, static (hash, one) => hash * 31 + one);

    // A tick that the daemon will never take.
    private static bool IsBad(string name, ulong seq) => (HashCode(name) + (int)seq * 7) % 67 == 0;

    private void Try(Stream stream)
    {
        switch (_random.Next(60))
        {
            case 0:
                stream.Next += 1 + (ulong)_random.Next(3);
                break;
            case 1 when stream.Acked is not null && stream.InFlight == 0 && !stream.IsTainted:
                Send([(stream, stream.Acked.Value)], single: true, reply: true, again: true);
                break;
            case 2 when stream.Acked is { } acked:
                Send([(stream, acked - Math.Min(acked, (ulong)_random.Next(6)))], single: true, reply: false);
                break;
            case 3 when stream.InFlight == 0 && _random.Next(4) == 0:
                Control(Pack.Op("forget", ("stream", stream.Name), ("rid", ++_rid)));
                break;
            case 4 when _random.Next(2) == 0:
                Control(Pack.Op("reset", ("stream", stream.Name), ("rid", ++_rid)));
                break;
            case 5 when _random.Next(4) == 0:
                Control(Pack.Op("snapshot", ("rid", ++_rid)));
                break;
            case < 30:
                SendSingle(stream, stream.Next++);
                break;
            default:
                SendBatch();
                break;
        }
    }

    private void SendSingle(Stream stream, ulong seq) =>
        Send([(stream, seq)], single: true, reply: _random.Next(2) == 0);

    private void SendBatch()
    {
        var ticks = new List<(Stream, ulong)>();
        for (var count = 1 + _random.Next(_random.Next(10) == 0 ? 60 : 9); count > 0; count--)
        {
            var stream = _streams[_random.Next(_streams.Length)];
            ticks.Add((stream, stream.Next++));
        }

        Send([.. ticks], single: false, reply: _random.Next(2) == 0);
    }

    private void Send((Stream Stream, ulong Seq)[] ticks, bool single, bool reply, bool again = false)
    {
        int? rid = single ? ++_rid : null;
        byte[] Tick((Stream Stream, ulong Seq) tick) => Pack.Tick(
            tick.Stream.Name, Values(tick.Stream.Name, tick.Seq), tick.Seq, time: Time(), reply: single && reply,
            rid: rid);
        var payload = single ? Tick(ticks[0]) : Pack.Batch(ticks.Select(Tick), reply);
        foreach (var (stream, seq) in ticks)
        {
            stream.InFlight++;
            stream.Highest = Math.Max(stream.Highest, seq);
        }

        Post(payload, new Sent(ticks, rid, reply, again, IsHello: false));
    }

    private long? Time() => _random.Next(3) == 0 ? 1_800_000_000_000 + _random.Next(100_000) : null;

    private void SayHello() => Post(
        Pack.Op(
            "hello", ("streams", _streams.Select(static stream => (object?)stream.Name).ToArray()), ("rid", ++_rid)),
        new Sent([], _rid, false, false, IsHello: true));

    private void Control(byte[] payload) => Post(payload, new Sent([], _rid, false, false, IsHello: false));

    private void Post(byte[] payload, Sent sent)
    {
        _inFlight.Enqueue(sent);
        _simulation.Send(
            Number, new SimulatedMessage(Origin.Request, payload) { Identity = [(byte)(Number + 1)] },
            () => sent.IsTaken = true);
    }

    private void TakeHello(MessagePackValue reply)
    {
        // The disk is in trouble: it asks again.
        if (Read.Error(reply) == ErrorCode.NotDurable)
            return;
        _epoch = (ulong)reply["epoch"].AsInt64()!.Value;
        Assert.Equal(_simulation.Epoch, _epoch);
        _needsHello = false;
        foreach (var stream in _streams)
        {
            var last = (ulong?)reply["streams"][stream.Name].AsInt64();
            if (!stream.IsTainted && stream.Acked is { } acked)
                Assert.True(last >= acked, $"{stream.Name}: the daemon is at {last}, {acked} was acknowledged");
            stream.Acked = last;
            stream.Next = last + 1 ?? Math.Min(stream.Next, stream.Lowest);
            stream.Lowest = stream.Next;
            if (stream.Owed is { } owed && last >= owed.Seq)
                AssertCame(stream, owed.Seq, last.Value);
        }
    }

    private void TakeAck(Sent sent, MessagePackValue reply, byte[]? predictions)
    {
        var ack = reply["ack"];
        var epoch = (ulong)ack["epoch"].AsInt64()!.Value;
        // What was on its way before it knew of the restart.
        _needsHello |= epoch != _epoch;
        long Count(string key) => ack[key].AsInt64()!.Value;
        var errors = Read.Errors(reply).ToDictionary(static error => error.Index, static error => error.Code);
        Assert.Equal(sent.Ticks.Length, Count("received"));
        Assert.Equal(Count("received"), Count("accepted") + Count("duplicate") + Count("rejected") + Count("refused"));
        Assert.Equal(errors.Count, Count("rejected") + Count("refused"));
        var given = predictions is null ? null : Read.Items(predictions);
        if (given is not null)
            Assert.Equal(sent.Ticks.Length, given.Count);
        for (var i = 0; i < sent.Ticks.Length; i++)
        {
            var (stream, seq) = sent.Ticks[i];
            if (errors.TryGetValue(i, out var code))
                TakeError(stream, seq, code);
            else
                TakeStepped(stream, seq, sent, given?[i]);
        }
    }

    private void TakeStepped(Stream stream, ulong seq, Sent sent, byte[]? prediction)
    {
        _simulation.Acknowledged(stream.Name, seq);
        if (stream.Owed is { } owed)
            AssertCame(stream, owed.Seq, seq);
        stream.Acked = Math.Max(stream.Acked ?? 0, seq);
        stream.Lowest = Math.Max(stream.Lowest, seq + 1);
        if (prediction is null)
            return;
        var isNil = prediction is [0xc0];
        Assert.True(
            !isNil || !sent.IsAgain || stream.IsTainted || _simulation.LastOf(stream.Name) != seq,
            $"{stream.Name}: no prediction for its last tick, {seq}, sent again");
        if (!isNil)
            Assert.True(
                _simulation.History.IsPrediction(stream.Name, seq, prediction),
                $"{stream.Name}: the prediction for {seq} has other bits than an uninterrupted run's");
    }

    private void AssertCame(Stream stream, ulong owed, ulong seq)
    {
        if (seq < owed)
            return;
        if (!stream.IsTainted)
            Assert.True(
                _simulation.History.Find(stream.Name, owed) is not null,
                $"{stream.Name}: {seq} was taken, and {owed} had been refused before");
        stream.Owed = null;
    }

    private void TakeError(Stream stream, ulong seq, ErrorCode code)
    {
        switch (code)
        {
            case ErrorCode.Refused or ErrorCode.NotDurable or ErrorCode.NotNext:
                _simulation.Refused(code);
                stream.Next = Math.Min(stream.Next, seq);
                _quietUntil = _simulation.Frame + _random.Next(20);
                // A late answer may tell so of what was passed over before.
                var isOpen = code == ErrorCode.Refused
                    || (!IsBad(stream.Name, seq) && !(_simulation.LastOf(stream.Name) >= seq));
                if (code != ErrorCode.NotNext && isOpen && !stream.IsTainted && !(stream.Owed?.Seq <= seq))
                    stream.Owed = new Owed(seq, code == ErrorCode.Refused);
                break;
            case ErrorCode.Malformed or ErrorCode.Shape:
                Assert.True(IsBad(stream.Name, seq), $"{stream.Name}: {seq} was rejected as {code}");
                if (stream.Owed?.Seq == seq)
                    stream.Owed = null;
                stream.Lowest = Math.Max(stream.Lowest, seq + 1);
                break;
            case ErrorCode.TooLate:
                stream.Lowest = Math.Max(stream.Lowest, seq + 1);
                break;
            default:
                Assert.Fail($"{stream.Name}: {seq} was answered with {code}");
                break;
        }
    }

    private sealed record Sent((Stream Stream, ulong Seq)[] Ticks, int? Rid, bool Reply, bool IsAgain, bool IsHello)
    {
        public bool IsTaken { get; set; }
    }

    private readonly record struct Owed(ulong Seq, bool IsRecorded);

    private sealed class Stream(string name, ulong first)
    {
        public string Name => name;

        /// <summary>The seq to be sent next.</summary>
        public ulong Next { get; set; } = first;

        /// <summary>The least that may still have to be sent.</summary>
        public ulong Lowest { get; set; } = first;

        public ulong Highest { get; set; }

        /// <summary>The highest acknowledged; null where none is or the count is gone.</summary>
        public ulong? Acked { get; set; }

        public Owed? Owed { get; set; }

        public int InFlight { get; set; }

        /// <summary>Its count went while ticks were on their way: what comes back may not fit.</summary>
        public bool IsTainted { get; set; }
    }
}
