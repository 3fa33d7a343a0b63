using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>Collects a frame's changes of the world for the journal; does nothing where none is kept.</summary>
public sealed class ChangeLog(IJournal journal)
{
    private Change[] _changes = [];
    private double[] _values = [];
    private byte[] _bytes = [];
    private int _count;
    private int _valueCount;
    private int _byteCount;

    public void Tick(int row, in StreamRow stream, ReadOnlySpan<double> values)
    {
        if (!journal.Records)
            return;
        var data = new Slice(_valueCount, values.Length);
        Fit(ref _values, _valueCount + values.Length);
        values.CopyTo(_values.AsSpan(_valueCount));
        _valueCount += values.Length;
        ref readonly var order = ref stream.Order;
        Add(new Change(
            ChangeKind.Tick, row, stream.Model, stream.IsId, order.Last, order.HasRun ? order.Run : null, stream.Time,
            data));
    }

    /// <summary>A change without numbers; <paramref name="bytes"/> is the name or the state that goes with it.
    /// </summary>
    public void Other(ChangeKind kind, int row, in StreamRow stream, ReadOnlySpan<byte> bytes = default)
    {
        if (!journal.Records)
            return;
        var data = new Slice(_byteCount, bytes.Length);
        Fit(ref _bytes, _byteCount + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_byteCount));
        _byteCount += bytes.Length;
        Add(new Change(kind, row, stream.Model, stream.IsId, 0, null, 0, data));
    }

    /// <summary>Hands the frame's changes to the journal.</summary>
    public void Commit(long frame, long now)
    {
        if (_count == 0)
            return;
        journal.Append(new FrameRecord(
            frame, now, _changes.AsSpan(0, _count), _values.AsSpan(0, _valueCount), _bytes.AsSpan(0, _byteCount)));
        _count = _valueCount = _byteCount = 0;
    }

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            Array.Resize(ref array, Math.Max(count, Math.Max(64, array.Length * 2)));
    }

    private void Add(in Change change)
    {
        Fit(ref _changes, _count + 1);
        _changes[_count++] = change;
    }
}
