namespace Realtime.Gpu;

/// <summary>
/// Single rows of states, to and from a device. What is written is collected and goes there in one launch, before
/// anything else looks; what is read comes with the rows around it, since readers mostly go on.
/// </summary>
internal sealed unsafe class RowCopies(GpuQueue queue, int rowStride, int stateFloats) : IDisposable
{
    private const int MostWrites = 256;
    private const int Header = 4;
    private const int Units = 32;
    private const int Parts = 4;

    // Rows that are read at once begin at a multiple of it.
    private const int Block = 64;

    private readonly GpuKernel _gather = queue.Kernel(KernelVariant.Many, "gather");
    private readonly GpuKernel _scatter = queue.Kernel(KernelVariant.Many, "scatter");
    private readonly Staging _up = new(queue);
    private readonly Staging _writes = new(queue);
    private readonly Staging _down = new(queue);
    private readonly Staging _block = new(queue);
    private readonly float[] _written = new float[MostWrites * stateFloats];
    private readonly int[] _writtenRows = new int[MostWrites];
    private readonly Dictionary<int, int> _writeOf = new(MostWrites);
    private int _blockStart = -1;
    private int _blockRows;

    public void Write(StateSlabs states, int row, ReadOnlySpan<float> state)
    {
        state.CopyTo(Place(states, row));
    }

    public void Clear(StateSlabs states, int row) => Place(states, row).Clear();

    public void Read(StateSlabs states, int row, Span<float> state)
    {
        Flush(states);
        if (stateFloats == 0) return;
        if (_blockStart < 0 || row < _blockStart || row >= _blockStart + _blockRows) FetchBlock(states, row);
        new ReadOnlySpan<float>((float*)_block.Host + (long)(row - _blockStart) * rowStride, stateFloats).CopyTo(state);
    }

    /// <summary>What was read of rows is about to change.</summary>
    public void Forget() => _blockStart = -1;

    /// <summary>Puts what was written where it belongs.</summary>
    public void Flush(StateSlabs states)
    {
        int n = _writeOf.Count;
        if (n == 0) return;
        _blockStart = -1;
        _writeOf.Clear();
        if (stateFloats == 0) return;
        long bytes = (Header + n + (long)n * stateFloats) * sizeof(int);
        if (_writes.Fit(bytes)) _scatter.Set(0, _writes.Device);
        int* to = (int*)_writes.Host;
        to[0] = n;
        for (int i = 0; i < n; i++) to[Header + i] = states.CodeOf(_writtenRows[i]);
        _written.AsSpan(0, n * stateFloats).CopyTo(new Span<float>(to + Header + n, n * stateFloats));
        _writes.Upload(bytes);
        _scatter.Set(1, 0);
        _scatter.Set(2, stateFloats);
        _scatter.Set(3, rowStride);
        queue.Launch(_scatter, (n + Parts - 1) / Parts, Units, Parts);
        // The host's memory is filled anew by the next one.
        queue.Finish();
    }

    /// <summary>Copies some floats of each of the rows, [n, width].</summary>
    public void Gather(StateSlabs states, ReadOnlySpan<int> rows, int offset, int width, Span<float> copies)
    {
        int n = rows.Length;
        if (n == 0) return;
        long up = (Header + (long)n) * sizeof(int);
        _up.Fit(up);
        FitGathered(n, width);
        int* codes = (int*)_up.Host;
        codes[0] = n;
        for (int i = 0; i < n; i++) codes[Header + i] = states.CodeOf(rows[i]);
        _up.Upload(up);
        BeginGather(_up.Device, n, offset, width, 0);
        queue.Finish();
        TakeGathered(copies);
    }

    /// <summary>Makes room for what is gathered until it is taken.</summary>
    public void FitGathered(int rows, int width)
    {
        if (_down.Fit((long)rows * width * sizeof(float))) _gather.Set(1, _down.Device);
    }

    /// <summary>The same of rows whose codes the device has.</summary>
    /// <param name="codes">How many they are, three numbers, and they.</param>
    /// <param name="n">How many.</param>
    /// <param name="offset">The first float of each.</param>
    /// <param name="width">Floats of each.</param>
    /// <param name="before">Rows gathered before these.</param>
    public void BeginGather(GpuBuffer codes, int n, int offset, int width, int before)
    {
        _gather.Set(0, codes);
        _gather.Set(2, offset);
        _gather.Set(3, width);
        _gather.Set(4, rowStride);
        queue.Launch(_gather, (n + Parts - 1) / Parts, Units, Parts);
        _down.Download((long)n * width * sizeof(float), (long)before * width * sizeof(float));
    }

    /// <summary>Takes what the queue has brought.</summary>
    public void TakeGathered(Span<float> copies)
    {
        if (!copies.IsEmpty) new ReadOnlySpan<float>(_down.Host, copies.Length).CopyTo(copies);
    }

    /// <summary>The slabs are others than before.</summary>
    public void Use(StateSlabs states)
    {
        Forget();
        SetSlabs(_gather, 5, states);
        SetSlabs(_scatter, 4, states);
    }

    /// <summary>Every argument has to be some slab, and those behind the last one are never looked at.</summary>
    public static void SetSlabs(GpuKernel kernel, int first, StateSlabs states)
    {
        for (int i = 0; i < StateSlabs.Most; i++)
            kernel.Set(first + i, states.Buffers[Math.Min(i, states.Buffers.Count - 1)]);
    }

    public void Dispose()
    {
        _gather.Dispose();
        _scatter.Dispose();
        foreach (Staging staging in (ReadOnlySpan<Staging>)[_up, _writes, _down, _block]) staging.Dispose();
    }

    private Span<float> Place(StateSlabs states, int row)
    {
        // Twice the same row in one launch would leave either.
        if (!_writeOf.TryGetValue(row, out int i))
        {
            if (_writeOf.Count == MostWrites) Flush(states);
            i = _writeOf.Count;
            _writeOf.Add(row, i);
            _writtenRows[i] = row;
        }

        return _written.AsSpan(i * stateFloats, stateFloats);
    }

    private void FetchBlock(StateSlabs states, int row)
    {
        int start = row / Block * Block;
        (GpuBuffer slab, int local, int left) = states.Find(row);
        // Slabs begin and end anywhere.
        int before = Math.Min(row - start, local), count = Math.Min(Block, before + left);
        long rowBytes = (long)rowStride * sizeof(float);
        _block.Fit(Block * rowBytes);
        _block.Download(slab, (local - before) * rowBytes, count * rowBytes);
        queue.Finish();
        (_blockStart, _blockRows) = (row - before, count);
    }
}
