namespace Realtime.Gpu;

/// <summary>
/// The states of all rows on a device, in slabs that never move. A kernel finds a row by its code: the slab in the
/// highest four bits, the row within it in the others.
/// </summary>
internal sealed class StateSlabs(int rowStride, long largestBytes) : IDisposable
{
    /// <summary>The kernels take so many.</summary>
    public const int Most = 16;

    private const int CodeBits = 28;
    private const int LeastRows = 256;

    private readonly List<GpuBuffer> _slabs = [];
    private readonly int[] _ends = new int[Most];

    public int Rows { get; private set; }
    public int Capacity { get; private set; }
    public long Bytes => _slabs.Sum(slab => slab.Bytes);
    public IReadOnlyList<GpuBuffer> Buffers => _slabs;

    /// <returns>There are more slabs than before.</returns>
    public bool Grow(GpuQueue queue, int rows)
    {
        bool grew = rows > Capacity;
        // Each slab is as large as all before it: few are needed for any number of rows.
        while (rows > Capacity) Add(queue, Math.Max(Math.Max(rows - Capacity, Capacity), LeastRows));
        Rows = Math.Max(Rows, rows);
        return grew;
    }

    public int CodeOf(int row)
    {
        int slab = 0;
        while (row >= _ends[slab]) slab++;
        return slab << CodeBits | (slab == 0 ? row : row - _ends[slab - 1]);
    }

    /// <summary>The slab of a row, its place there, and how many rows follow in it, itself counted.</summary>
    public (GpuBuffer Slab, int Local, int Left) Find(int row)
    {
        uint code = (uint)CodeOf(row);
        int slab = (int)(code >> CodeBits);
        return (_slabs[slab], (int)(code & ((1u << CodeBits) - 1)), _ends[slab] - row);
    }

    public void Dispose()
    {
        foreach (GpuBuffer slab in _slabs) slab.Dispose();
        _slabs.Clear();
        (Rows, Capacity) = (0, 0);
    }

    private void Add(GpuQueue queue, int rows)
    {
        long rowBytes = (long)rowStride * sizeof(float);
        long most = Math.Min(largestBytes / rowBytes, (1L << CodeBits) - 1);
        rows = (int)Math.Min(rows, most);
        if (_slabs.Count == Most || rows < 1)
            throw new GpuException($"{Capacity} rows of {rowBytes} bytes are the most that fit into {Most} slabs");
        _slabs.Add(queue.Allocate(rows * rowBytes));
        Capacity = checked(Capacity + rows);
        _ends[_slabs.Count - 1] = Capacity;
    }
}
