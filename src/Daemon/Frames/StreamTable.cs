using System.Runtime.CompilerServices;

namespace Realtime.Daemon.Frames;

/// <summary>The streams by row and by name; grows in slabs, and a row given up is used again.</summary>
public sealed class StreamTable : IDisposable
{
    /// <summary>Rows in a slab; rows never move.</summary>
    public const int SlabRows = RowSlabs.Rows;

    /// <summary>No row a table could have.</summary>
    public const int RowsMax = 1 << 28;

    // Slots of the name table, sorted node, name object: what one stream costs beside its row.
    private const int NameBytes = 160;

    private readonly NameTable _rows = new();
    private readonly SortedSet<byte[]> _sorted = new(NameOrder.Instance);
    private readonly Stack<int> _free = new();
    private readonly RowSlabs _slabs = new(Unsafe.SizeOf<StreamRow>());
    private readonly NameSlabs _names = new();
    private int _end;

    /// <param name="max">Most streams held at once.</param>
    public StreamTable(int max) => Max = max;

    public int Max { get; set; }

    public int Count => _rows.Count;

    /// <summary>One more than the highest row ever used.</summary>
    public int End => _end;

    /// <summary>A start with a lower maximum may bring back more.</summary>
    public bool IsFull => Count >= Max;

    /// <summary>Bytes held by the slabs and names.</summary>
    public long Bytes => _slabs.Count * SlabBytes + (long)Count * NameBytes;

    /// <summary>Bytes of a row and its name.</summary>
    public static long BytesPerStream => NameBytes + IntPtr.Size
        + (Unsafe.SizeOf<StreamRow>() + RowSlabs.LineBytes - 1) / RowSlabs.LineBytes * RowSlabs.LineBytes;

    /// <summary>Bytes that the next stream would add.</summary>
    public long BytesForOneMore => NameBytes + (_free.Count == 0 && _end == _slabs.Count * SlabRows ? SlabBytes : 0);

    private long SlabBytes => _slabs.SlabBytes + SlabRows * IntPtr.Size;

    public unsafe ref StreamRow this[int row] => ref *(StreamRow*)_slabs[row];

    public bool IsUsed(int row) => row < _end && this[row].Model >= 0;

    /// <summary>The stream's row, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => _rows.Find(name, _names);

    /// <summary>The UTF-8 name of the stream in a row in use.</summary>
    public byte[] Name(int row) => _names[row];

    /// <summary>Gives a new stream a row, all zero but for its place.</summary>
    public int Add(ReadOnlySpan<byte> name, bool isId, int model, int modelRow)
    {
        var row = TakeRow();
        Put(row, name, isId, model, modelRow);
        return row;
    }

    /// <summary>Gives a new stream a certain row; <see cref="FindFree"/> must follow before any is added.</summary>
    public void Place(int row, ReadOnlySpan<byte> name, bool isId, int model, int modelRow)
    {
        while (_end <= row)
        {
            AddSlabFor(_end);
            this[_end++].Model = -1;
        }

        Put(row, name, isId, model, modelRow);
    }

    /// <summary>Finds the rows that are free, the lowest to be taken first.</summary>
    public void FindFree()
    {
        _free.Clear();
        for (var row = _end - 1; row >= 0; row--)
            if (!IsUsed(row))
                _free.Push(row);
    }

    private void Put(int row, ReadOnlySpan<byte> name, bool isId, int model, int modelRow)
    {
        var key = name.ToArray();
        _rows.Add(key, row);
        _sorted.Add(key);
        _names[row] = key;
        this[row] = new StreamRow { Model = model, ModelRow = modelRow, IsId = isId, Frame = -1 };
    }

    public void Remove(int row)
    {
        var name = Name(row);
        _rows.Remove(name, row);
        _sorted.Remove(name);
        _names.Remove(row);
        this[row].Model = -1;
        _free.Push(row);
    }

    /// <summary>Asks for what the step stage needs of rows.</summary>
    public void Fetch(ReadOnlySpan<int> rows) => _slabs.Fetch(rows, StreamRow.WarmLines);

    public void Dispose() => _slabs.Dispose();

    /// <summary>Names in the order of their bytes, from <paramref name="from"/> on.</summary>
    public IEnumerable<byte[]> NamesFrom(byte[] from) =>
        _sorted.Count == 0 || NameOrder.Instance.Compare(from, _sorted.Max!) > 0
            ? []
            : _sorted.GetViewBetween(from, _sorted.Max!);

    private int TakeRow()
    {
        if (_free.TryPop(out var row))
            return row;
        AddSlabFor(_end);
        return _end++;
    }

    private void AddSlabFor(int row)
    {
        if (row < _slabs.Count * SlabRows)
            return;
        _slabs.Add();
        _names.Add();
    }

    private sealed class NameOrder : IComparer<byte[]>
    {
        public static readonly NameOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
