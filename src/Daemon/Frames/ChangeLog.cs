using Realtime.Daemon.Frames.HandOver;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>Collects a frame's changes of the world for the journal; does nothing where none is kept.</summary>
public sealed class ChangeLog(IJournal journal)
{
    /// <summary>In place of the seq that a stream without a row owed, where it no longer does; nothing follows such a
    /// seq, so none can be owed.</summary>
    public const ulong NotOwed = ulong.MaxValue;

    private IJournal _journal = journal;
    private Change[] _changes = [];
    private double[] _values = [];
    private byte[] _bytes = [];
    private int _count;
    private int _valueCount;
    private int _byteCount;

    public void Tick(int row, in StreamRow stream, ReadOnlySpan<double> values)
    {
        if (!_journal.Records)
            return;
        ref readonly var order = ref stream.Order;
        Add(new Change(
            ChangeKind.Tick, row, stream.Model, stream.IsId, order.Last, order.HasRun ? order.Run : null, stream.Time,
            Keep(values)));
    }

    /// <summary>A change without numbers; <paramref name="bytes"/> is the name or the state that goes with it.
    /// </summary>
    public void Other(ChangeKind kind, int row, in StreamRow stream, ReadOnlySpan<byte> bytes = default)
    {
        if (!_journal.Records)
            return;
        Add(new Change(kind, row, stream.Model, stream.IsId, 0, null, 0, Keep(bytes)));
    }

    /// <summary>What the bits of later frames depend on is another from here on.</summary>
    public void Setup(byte[] description)
    {
        _journal.Describe(description);
        if (_journal.Records)
            Add(new Change(ChangeKind.Setup, -1, -1, false, 0, null, 0, Keep(description)));
    }

    /// <summary>Gets a copy of each record, too; null where nobody wants them.</summary>
    public ChangeTap? Tap { get; set; }

    /// <summary>Changes are recorded.</summary>
    public bool Records => _journal.Records;

    /// <summary>Records to another journal from here on; what was collected before is none of its business.</summary>
    public void Use(IJournal journal)
    {
        _journal = journal;
        _count = _valueCount = _byteCount = 0;
    }

    /// <summary>Nothing has changed since the last record, or nothing is recorded.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Number of the last record.</summary>
    public ulong Written => _journal.Written;

    /// <summary>Number of the last record that has the durability asked for.</summary>
    public ulong Durable => _journal.Durable;

    /// <summary>Why nothing can be recorded now; null where all is well.</summary>
    public string? Fault => _journal.Fault;

    /// <summary>What holds acknowledgements up now; null where nothing does.</summary>
    public string? Warning => _journal.Warning;

    /// <summary>Why ticks are refused or held up now; null where they are not.</summary>
    public string? Trouble => Fault ?? Warning;

    /// <summary>A stream owes a tick; the row is -1 where it has none.</summary>
    public void Owed(int row, ulong seq, ReadOnlySpan<byte> name)
    {
        if (_journal.Records)
            Add(new Change(ChangeKind.Owed, row, -1, false, seq, null, 0, Keep(name)));
    }

    /// <summary>The prediction made for a tick of this frame.</summary>
    public void Prediction(in Item item, ReadOnlySpan<double> prediction) => Add(new Change(
        ChangeKind.Prediction, item.Row, item.Model, false, item.Seq, null, 0, Keep(prediction), item.Flags));

    /// <summary>Tries to go on behind the last record after a failure; a snapshot must hold all up to it.</summary>
    public bool TryReopen() => _journal.TryReopen();

    /// <summary>Whether a frame made of so many bytes of messages can be recorded now.</summary>
    public bool CanTake(long bytes) => _journal.CanTake(bytes);

    /// <summary>Hands the frame's changes to the _journal.</summary>
    /// <param name="frame">The frame's number.</param>
    /// <param name="now">Its clock, ns since 1970.</param>
    /// <param name="checksum">Of the predictions made for its ticks.</param>
    /// <returns>False where there are changes and the journal could not take them.</returns>
    public bool Commit(long frame, long now, uint checksum = 0)
    {
        if (_count == 0)
            return true;
        var record = new FrameRecord(
            frame, now, _changes.AsSpan(0, _count), _values.AsSpan(0, _valueCount), _bytes.AsSpan(0, _byteCount),
            checksum);
        _journal.Append(in record);
        Tap?.Add(in record);
        _count = _valueCount = _byteCount = 0;
        return _journal.Fault is null;
    }

    private Slice Keep(ReadOnlySpan<double> values)
    {
        var slice = new Slice(_valueCount, values.Length);
        Fit(ref _values, _valueCount + values.Length);
        values.CopyTo(_values.AsSpan(_valueCount));
        _valueCount += values.Length;
        return slice;
    }

    private Slice Keep(ReadOnlySpan<byte> bytes)
    {
        var slice = new Slice(_byteCount, bytes.Length);
        Fit(ref _bytes, _byteCount + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_byteCount));
        _byteCount += bytes.Length;
        return slice;
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
