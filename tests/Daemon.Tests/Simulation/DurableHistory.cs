using System.Text;
using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>
/// All records that ever were handed to the journal and still count, and beside them a world in memory that has taken
/// one tick of them after the other without interruption.
/// </summary>
internal sealed class DurableHistory : IDisposable
{
    // What HostileInput puts into its ticks.
    private static readonly byte[] Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"u8.ToArray();

    private readonly List<RecordedFrame> _frames = [];
    private readonly Dictionary<(string Name, ulong Seq), List<(ulong Number, byte[] Prediction)>> _ticks = [];
    private readonly MessagePackWriter _writer = new();
    private SimulatedDaemon _twin;
    private Replayer _replayer;

    public DurableHistory()
    {
        _twin = NewWorld();
        _replayer = new Replayer(_twin.World, 1, Stepped);
    }

    public ulong Count => (ulong)_frames.Count;

    /// <summary>The uninterrupted world.</summary>
    public World World => _twin.World;

    /// <summary>Predictions for the ticks of this frame, in order, without and with a trace.</summary>
    public List<(byte[] Plain, byte[] Traced)> OfFrame { get; } = [];

    /// <summary>Told of each stream that is given up.</summary>
    public Action<string> Removed { get; set; } = static _ => { };

    /// <summary>Told of each tick: stream, seq and values.</summary>
    public Action<string, ulong, double[]> Ticked { get; set; } = static (_, _, _) => { };

    public static SimulatedDaemon NewWorld() => new(models: HostileInput.Models);

    public void Add(in FrameRecord record)
    {
        var recording = new RecordingJournal();
        recording.Append(in record);
        var frame = recording.Frames[0];
        _frames.Add(frame);
        foreach (var one in frame.Changes)
        {
            if (one.Change.Kind is ChangeKind.Evicted or ChangeKind.Forgotten)
                Removed(NameOf(World, one.Change.Row));
        }

        _replayer.Apply(in record);
        _replayer.Complete();
        Assert.True(_replayer.Different == 0, $"record {Count}: predictions of other bits than the uninterrupted ones");
        foreach (var one in frame.Changes)
            if (one.Change.Kind == ChangeKind.Tick && World.Streams.IsUsed(one.Change.Row))
                Ticked(NameOf(World, one.Change.Row), one.Change.Seq, one.Values);
    }

    /// <summary>Number of the newest record with that tick; null where none has it.</summary>
    public ulong? Find(string name, ulong seq) =>
        _ticks.TryGetValue((name, seq), out var found) && found.Count != 0 ? found[^1].Number : null;

    public bool IsPrediction(string name, ulong seq, ReadOnlySpan<byte> payload)
    {
        if (_ticks.TryGetValue((name, seq), out var found))
            foreach (var (_, prediction) in found)
                if (payload.SequenceEqual(prediction))
                    return true;
        return false;
    }

    /// <summary>Only the first records count any longer.</summary>
    public void Truncate(ulong count)
    {
        Assert.True(count <= Count, $"{count} records recovered, {Count} were ever written");
        if (count == Count)
            return;
        _frames.RemoveRange((int)count, _frames.Count - (int)count);
        foreach (var found in _ticks.Values)
            found.RemoveAll(one => one.Number > count);
        _twin.Dispose();
        _twin = At(count);
        _replayer = new Replayer(_twin.World, 1, Stepped);
    }

    /// <summary>The uninterrupted world as it was after a record.</summary>
    public SimulatedDaemon At(ulong number)
    {
        var world = NewWorld();
        var replayer = new Replayer(world.World, 64);
        foreach (var frame in _frames.Take((int)number))
            frame.ApplyTo(replayer);
        replayer.Complete();
        return world;
    }

    /// <summary>What the records say by themselves: counts and what is owed.</summary>
    /// <param name="owedBefore">What was owed after the record from which on it is followed.</param>
    /// <param name="from">That record.</param>
    /// <param name="number">The last one.</param>
    public DurableLedger Ledger(IReadOnlyDictionary<string, ulong> owedBefore, ulong from, ulong number)
    {
        var ledger = new DurableLedger();
        for (var i = 0; i < (int)number; i++)
        {
            if (i == (int)from)
                ledger.SetOwed(owedBefore);
            ledger.Add(_frames[i]);
        }

        if (from == number)
            ledger.SetOwed(owedBefore);
        return ledger;
    }

    /// <summary>Everything two worlds carry, byte for byte; what is owed only where it is said.</summary>
    public static void AssertSame(World expected, World actual, string what)
    {
        var names = expected.Streams.NamesFrom([]).Select(Encoding.UTF8.GetString).ToArray();
        Assert.True(
            names.SequenceEqual(actual.Streams.NamesFrom([]).Select(Encoding.UTF8.GetString)),
            $"{what}: streams {string.Join(" ", actual.Streams.NamesFrom([]).Select(Encoding.UTF8.GetString))}, "
            + $"expected {string.Join(" ", names)}");
        foreach (var name in names)
        {
            var key = Encoding.UTF8.GetBytes(name);
            var (one, other) = (expected.Streams.Find(key), actual.Streams.Find(key));
            Assert.True(one == other, $"{what}: {name} has row {other}, expected {one}");
            Assert.True(
                expected.Streams[one].Touched == actual.Streams[other].Touched, $"{what}: {name} is idle otherwise");
            var (left, right) = (StateOf(expected, one), StateOf(actual, other));
            if (!left.AsSpan().SequenceEqual(right))
                Assert.Fail($"{what}: {name} is {Text(right)}, expected {Text(left)}");
        }
    }

    public void Dispose() => _twin.Dispose();

    private static string NameOf(World world, int row) => Encoding.UTF8.GetString(world.Streams.Name(row));

    private static string Text(byte[] state)
    {
        var map = Read.Value(state);
        return $"seq {map["seq"].AsInt64()} stepped {map["counts"]["stepped"].AsInt64()} "
            + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(state))[..12];
    }

    private static byte[] StateOf(World world, int row)
    {
        ref var order = ref world.Streams[row].Order;
        var isOwed = order.IsOwed;
        order.IsOwed = false;
        var state = Pack.Bytes(writer => StateWriter.Write(writer, world, row));
        order.IsOwed = isOwed;
        return state;
    }

    private void Stepped(ulong record, in Item item, ReadOnlySpan<double> prediction)
    {
        var host = World.Host(item.Model);
        var name = World.Streams.Name(item.Row);
        var content = new PredictionContent
        {
            Stream = new StreamLabel(name, World.Streams[item.Row].IsId),
            Seq = item.Seq,
            Time = item.Time,
            Prediction = prediction,
            Values = host.Values(item.ModelRow),
            Flags = item.Flags,
        };
        var plain = Encode(host, in content);
        content.Trace = Trace;
        OfFrame.Add((plain, Encode(host, in content)));
        var key = (Encoding.UTF8.GetString(name), item.Seq);
        if (!_ticks.TryGetValue(key, out var found))
            _ticks[key] = found = [];
        found.Add((Count, plain));
    }

    private byte[] Encode(ModelHost host, in PredictionContent content)
    {
        _writer.Clear();
        host.Predictions.Write(_writer, in content);
        return _writer.Written.ToArray();
    }
}
