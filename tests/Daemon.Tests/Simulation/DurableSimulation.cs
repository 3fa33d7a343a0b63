using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Recovery;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>What a simulation has been through.</summary>
internal sealed class DurableTally
{
    public long Frames { get; set; }
    public long Ticks { get; set; }
    public int Lives { get; set; }
    public int PowerLosses { get; set; }
    public int Snapshots { get; set; }
    public int Troubles { get; set; }
    public int Damages { get; set; }
    public int CapsCompared { get; set; }

    /// <summary>Frames that were emitted while the next was stepped.</summary>
    public int Late { get; set; }

    public long[] RefusedBy { get; } = new long[11];

    public void Add(DurableTally other)
    {
        (Frames, Ticks, Lives) = (Frames + other.Frames, Ticks + other.Ticks, Lives + other.Lives);
        (PowerLosses, Snapshots) = (PowerLosses + other.PowerLosses, Snapshots + other.Snapshots);
        (Troubles, Damages) = (Troubles + other.Troubles, Damages + other.Damages);
        (CapsCompared, Late) = (CapsCompared + other.CapsCompared, Late + other.Late);
        for (var i = 0; i < RefusedBy.Length; i++)
            RefusedBy[i] += other.RefusedBy[i];
    }

    public override string ToString() =>
        $"{Frames} frames, {Ticks} ticks, {Lives} lives, {PowerLosses} power losses, {Snapshots} snapshots, "
        + $"{Troubles} troubles, {Damages} damages, {CapsCompared} recoveries compared, {Late} late, refused "
        + $"{RefusedBy[5]} full, {RefusedBy[9]} not durable, {RefusedBy[10]} not next";
}

/// <summary>
/// The whole of the daemon's durability from one seed: clock, clients, disk, restarts. Whatever happens, the world must
/// be that of an uninterrupted run of what was accepted.
/// </summary>
internal sealed partial class DurableSimulation : IPredictionSink, IDisposable
{
    private readonly Random _random;
    private readonly DurableMutation _mutation;
    private readonly SimulatedClock _clock = new();
    private readonly DurableSource _source;
    private readonly HostileInput _hostile;
    private readonly DurableClient[] _clients;
    private readonly Dictionary<string, DurableClient> _owners;
    private readonly List<byte[]> _published = [];
    private readonly DurableTally _tally = new();
    private RealtimeOptions _options = new();
    private MortalDisk _mortal;
    private DurableDaemon? _life;
    private int _faultUntil;
    private int _healedAt;
    private int _slowUntil;

    private readonly bool _isOnDevice;

    public DurableSimulation(int seed, DurableMutation? mutation = null, bool isOnDevice = false)
    {
        _isOnDevice = isOnDevice;
        _random = new Random(seed);
        _mutation = mutation ?? new DurableMutation();
        var clients = 2 + _random.Next(3);
        _source = new DurableSource(_random, clients + 1);
        _hostile = new HostileInput(seed);
        _clients = [.. Enumerable.Range(0, clients).Select(
            i => new DurableClient(this, i, 2 + _random.Next(4), _random.Next()))];
        _owners = _clients.SelectMany(static client => client.Names.Select(name => (name, client)))
            .ToDictionary(static one => one.name, static one => one.client);
        _disk = new SimulatedDisk();
        _mortal = new MortalDisk(_disk, _random);
        History = new DurableHistory { Removed = Removed, Ticked = Ticked };
    }

    public DurableHistory History { get; }

    public int Frame { get; private set; }

    public ulong Epoch { get; private set; }

    public DurableTally Run(int frames)
    {
        Start(isFirst: true);
        for (var i = 0; i < frames; i++)
        {
            try
            {
                Step();
                if (_random.Next(250) == 0)
                    Restart(byDisk: false);
            }
            catch (ProcessEndedException)
            {
                Restart(byDisk: true);
            }
        }

        Finish();
        _tally.Frames = Frame;
        return _tally;
    }

    public void Send(int sender, SimulatedMessage message, Action taken) => _source.Send(sender, message, taken);

    /// <summary>A client was told that the tick is stepped.</summary>
    public void Acknowledged(string name, ulong seq)
    {
        var number = History.Find(name, seq);
        Assert.True(number is not null, $"{name}: {seq} was acknowledged and is in no record");
        _acked = Math.Max(_acked, number.Value);
    }

    /// <summary>Where the daemon is with a stream; null where it has none.</summary>
    public ulong? LastOf(string name) =>
        Life.World.Streams.Find(Encoding.UTF8.GetBytes(name)) is >= 0 and var row
            ? Life.World.Streams[row].Order.Last : null;

    public void Refused(ErrorCode code) => _tally.RefusedBy[(int)code]++;

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (topic.StartsWith("p/"u8))
            _published.Add(payload.ToArray());
        return true;
    }

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        if (identity.Length == 1)
            _clients[identity[0] - 1].Take(payload);
        return true;
    }

    public void Dispose()
    {
        _life?.Dispose();
        History.Dispose();
    }

    private void Removed(string name)
    {
        if (_owners.TryGetValue(name, out var client))
            client.Removed(name);
    }

    private void Ticked(string name, ulong seq, double[] values)
    {
        _tally.Ticks++;
        if (_owners.ContainsKey(name))
            Assert.True(DurableClient.AreValues(name, seq, values), $"{name}: {seq} has other values than were sent");
    }

    private void Step()
    {
        Frame++;
        _clock.UtcNanoseconds += _random.Next(10) == 0
            ? _random.NextInt64(3_000_000_000) : _random.NextInt64(150_000_000);
        foreach (var client in _clients)
            if (_random.Next(2) == 0)
                client.Act();
        if (!IsFinishing)
            Disturb();
        RunFrame();
        if (Frame >= _slowUntil)
            Work();
        if (Frame % 16 == 0)
            DurableHistory.AssertSame(History.World, Life.World, $"frame {Frame}");
    }

    private void Disturb()
    {
        if (_random.Next(3) == 0)
            _source.Send(_clients.Length, _hostile.Message(), static () => { });
        if (_random.Next(40) == 0)
            PutSomething();
        if (_random.Next(200) == 0)
            _slowUntil = Frame + _random.Next(60);
        if (_random.Next(250) == 0)
            _mortal.Left = _random.Next(60);
        if (Frame == _faultUntil)
            Heal();
        else if (Frame > _faultUntil && _random.Next(200) == 0)
            Break();
    }

    private void RunFrame()
    {
        var late = History.OfFrame.Count;
        _published.Clear();
        var before = Life.World.Streams.Count;
        if (_mutation.ForgetsChanges)
        {
            var snapshots = Life.World.Snapshots;
            Life.World.Snapshots = null;
            Life.Loop.RunFrame();
            (Life.World.Snapshots = snapshots)!.Run();
        }
        else
        {
            Life.Loop.RunFrame();
        }

        AssertPublished(late);
        AssertBalanced();
        Assert.True(
            Life.World.Streams.Count <= Math.Max(before, _options.Streams.Max),
            $"{Life.World.Streams.Count} streams, streams.max is {_options.Streams.Max}");
        if (Life.World.Changes.Fault is { } fault && Frame > _faultUntil)
            Assert.True(
                Frame - Math.Max(_healedAt, _slowUntil) < 400, $"the disk works again, and there still is: {fault}");
    }

    private void Work()
    {
        if (_random.Next(5) < 3)
            Life.Journal.Work();
        for (var i = _random.Next(5); i > 0; i--)
            Life.Snapshots.Work();
    }

    // A stream of its own takes over what another one carries.
    private void PutSomething()
    {
        var names = Life.World.Streams.NamesFrom([]).ToArray();
        if (names.Length == 0)
            return;
        var name = names[_random.Next(names.Length)];
        var state = Pack.Bytes(writer => StateWriter.Write(writer, Life.World, Life.World.Streams.Find(name)));
        var copy = $"{(char)name[0]}/p{_random.Next(2)}";
        _source.Send(
            _clients.Length,
            new SimulatedMessage(Origin.Request, Pack.Op("state.put", ("stream", copy), ("state", new Raw(state)))),
            static () => { });
        _source.Send(
            _clients.Length,
            new SimulatedMessage(Origin.Ingest, Pack.Tick(copy, DurableClient.Values(copy, (ulong)Frame))),
            static () => { });
    }

    /// <param name="late">Where a device steps the next frame, what the one before had left may be all; null: nothing
    /// may be left.</param>
    private void AssertPublished(int? late = null)
    {
        var expected = History.OfFrame;
        Assert.True(
            _published.Count == expected.Count || _isOnDevice && _published.Count == late,
            $"{_published.Count} predictions published, expected {expected.Count}");
        for (var i = 0; i < _published.Count; i++)
            Assert.True(
                IsSame(_published[i], expected[i]),
                $"a published prediction is {Read.Value(_published[i])["seq"].AsInt64()} of "
                + $"{Read.Value(_published[i])["stream"].AsString()}, with other bits than an uninterrupted run's");
        expected.RemoveRange(0, _published.Count);
        _tally.Late += expected.Count == 0 ? 0 : 1;
    }

    // But for the trace, which is whatever was sent.
    private static bool IsSame(byte[] published, (byte[] Plain, byte[] Traced) expected)
    {
        if (published.AsSpan().SequenceEqual(expected.Plain) || published.AsSpan().SequenceEqual(expected.Traced))
            return true;
        var entries = Read.Value(published).Entries;
        return entries.Any(static entry => entry.Key == "trace") && Read.Value(expected.Plain).Entries.All(
            entry => Read.Entry(published, entry.Key) is { } bytes
                && bytes.AsSpan().SequenceEqual(Read.Entry(expected.Plain, entry.Key)));
    }

    private void AssertBalanced()
    {
        var counters = Life.World.Counters;
        var sum = counters.Stepped + counters.Duplicate + counters.Rejected + counters.Refused;
        Assert.True(counters.Received == sum, $"received {counters.Received}, but the rest is {sum}");
    }
}
