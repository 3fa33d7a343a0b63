using System.Diagnostics.CodeAnalysis;

namespace Realtime.Daemon.Frames;

/// <summary>The streams by row and by name; grows in slabs, and a row given up is used again.</summary>
public sealed class StreamTable
{
    /// <summary>Rows in a slab; rows never move.</summary>
    public const int SlabRows = 4096;

    /// <summary>No row a table could have.</summary>
    public const int RowsMax = 1 << 28;

    // Dictionary entry and bucket, sorted node, name object: what one stream costs beside its row.
    private const int NameBytes = 160;

    private readonly Dictionary<byte[], int> _rows;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _rowsBySpan;
    private readonly SortedSet<byte[]> _sorted = new(NameOrder.Instance);
    private readonly Stack<int> _free = new();
    private readonly List<StreamRow[]> _slabs = [];
    private readonly List<byte[]?[]> _names = [];
    private int _end;

    /// <param name="max">Most streams held at once.</param>
    public StreamTable(int max)
    {
        Max = max;
        _rows = new Dictionary<byte[], int>(Math.Min(max, 1 << 20), NameOrder.Instance);
        _rowsBySpan = _rows.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Max { get; }

    public int Count => _rows.Count;

    /// <summary>One more than the highest row ever used.</summary>
    public int End => _end;

    public bool IsFull => Count == Max;

    /// <summary>Bytes held by the slabs and names.</summary>
    public long Bytes => (long)_slabs.Count * SlabBytes + (long)Count * NameBytes;

    /// <summary>Bytes that the next stream would add.</summary>
    public long BytesForOneMore => NameBytes + (_free.Count == 0 && _end == _slabs.Count * SlabRows ? SlabBytes : 0);

    private static unsafe long SlabBytes => SlabRows * ((long)sizeof(StreamRow) + IntPtr.Size);

    public ref StreamRow this[int row] => ref _slabs[row / SlabRows][row % SlabRows];

    public bool IsUsed(int row) => row < _end && this[row].Model >= 0;

    /// <summary>The stream's row, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => _rowsBySpan.TryGetValue(name, out var row) ? row : -1;

    /// <summary>The UTF-8 name of the stream in a row in use.</summary>
    public byte[] Name(int row) => _names[row / SlabRows][row % SlabRows]!;

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
        _names[row / SlabRows][row % SlabRows] = key;
        this[row] = new StreamRow { Model = model, ModelRow = modelRow, IsId = isId, Frame = -1 };
    }

    public void Remove(int row)
    {
        var name = Name(row);
        _rows.Remove(name);
        _sorted.Remove(name);
        _names[row / SlabRows][row % SlabRows] = null;
        this[row].Model = -1;
        _free.Push(row);
    }

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
        _slabs.Add(new StreamRow[SlabRows]);
        _names.Add(new byte[SlabRows][]);
    }

    /// <summary>Names compare and hash by their bytes, as arrays or in place.</summary>
    private sealed class NameOrder
        : IComparer<byte[]>, IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly NameOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        // Seeded per process, so that names can't be chosen to collide; nothing depends on the order of the buckets.
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
