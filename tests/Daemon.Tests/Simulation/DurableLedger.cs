using System.Text;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Books kept from records alone, with nothing of the daemon's own: per stream the last seq, the ticks
/// stepped, and what is owed.</summary>
internal sealed class DurableLedger
{
    private readonly Dictionary<int, string> _rows = [];
    private readonly Dictionary<string, (ulong Last, long Stepped, ulong? Run)> _streams = [];

    public Dictionary<string, ulong> Owed { get; } = [];

    /// <summary>What a world owes: by streams, and by those without a row.</summary>
    public static Dictionary<string, ulong> OwedBy(World world)
    {
        var owed = world.Refused.All.Where(static one => one.Seq != ulong.MaxValue)
            .ToDictionary(static one => one.Name, static one => one.Seq);
        foreach (var name in world.Streams.NamesFrom([]))
        {
            ref var order = ref world.Streams[world.Streams.Find(name)].Order;
            if (order.IsOwed)
                owed[Encoding.UTF8.GetString(name)] = order.Owed;
        }

        return owed;
    }

    public void SetOwed(IReadOnlyDictionary<string, ulong> owed)
    {
        Owed.Clear();
        foreach (var (name, seq) in owed)
            Owed[name] = seq;
    }

    public void Add(RecordedFrame frame)
    {
        foreach (var one in frame.Changes)
            Add(one);
    }

    public void AssertLike(World world, string what)
    {
        foreach (var (name, (last, stepped, _)) in _streams)
        {
            var row = world.Streams.Find(Encoding.UTF8.GetBytes(name));
            Assert.True(row >= 0, $"{what}: {name} is missing");
            ref var stream = ref world.Streams[row];
            Assert.True(
                (stream.Order.Last, stream.Counts.Stepped) == (last, stepped),
                $"{what}: {name} is at {stream.Order.Last} after {stream.Counts.Stepped} ticks, expected {last} after "
                + $"{stepped}");
        }

        Assert.Equal(_streams.Count, world.Streams.Count);
        var owed = OwedBy(world);
        Assert.True(
            Text(Owed) == Text(owed), $"{what}: owed are {Text(owed)}, expected {Text(Owed)}");
    }

    private static string Text(Dictionary<string, ulong> owed) => string.Join(
        " ", owed.OrderBy(static one => one.Key, StringComparer.Ordinal)
            .Select(static one => $"{one.Key}:{one.Value}"));

    private void Add(RecordedChange one)
    {
        var change = one.Change;
        var name = change.Row >= 0 ? _rows.GetValueOrDefault(change.Row, "") : "";
        switch (change.Kind)
        {
            case ChangeKind.Admitted:
                name = _rows[change.Row] = Encoding.UTF8.GetString(one.Bytes);
                _streams[name] = default;
                break;
            case ChangeKind.Tick:
                var isRestart = _streams[name].Stepped != 0 && change.Run != _streams[name].Run;
                _streams[name] = (change.Seq, _streams[name].Stepped + 1, change.Run);
                if (Owed.TryGetValue(name, out var owed) && (isRestart || change.Seq >= owed))
                    Owed.Remove(name);
                break;
            case ChangeKind.Put:
                var state = Read.Value(one.Bytes);
                _streams[name] = (
                    state["seq"].AsUInt64() ?? 0, state["counts"]["stepped"].AsInt64() ?? 0,
                    state["run"].AsUInt64());
                Owed.Remove(name);
                if (state["owed"].AsUInt64() is { } seq)
                    Owed[name] = seq;
                break;
            case ChangeKind.Forgotten or ChangeKind.Evicted:
                _rows.Remove(change.Row);
                _streams.Remove(name);
                Owed.Remove(name);
                break;
            case ChangeKind.Owed when change.Row >= 0:
                Owed.Remove(name);
                break;
            case ChangeKind.Owed:
                name = Encoding.UTF8.GetString(one.Bytes);
                if (change.Seq == ulong.MaxValue)
                    Owed.Remove(name);
                else
                    Owed[name] = Math.Min(change.Seq, Owed.GetValueOrDefault(name, ulong.MaxValue));
                break;
            default:
                break;
        }
    }
}
