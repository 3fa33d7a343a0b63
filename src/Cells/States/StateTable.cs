namespace Realtime.Cells.States;

/// <summary>The states of all rows, in slabs of native memory that never move.</summary>
internal sealed unsafe class StateTable : IDisposable
{
    private const int SlabBytes = 1 << 19;

    private readonly StateLayout _layout;
    private readonly int _shift;
    private readonly int _mask;
    private readonly List<AlignedFloats> _slabs = [];
    private float*[] _starts = [];

    public StateTable(StateLayout layout)
    {
        _layout = layout;
        while (_shift < 12 && ((long)layout.Stride * sizeof(float) << (_shift + 1)) <= SlabBytes) _shift++;
        _mask = (1 << _shift) - 1;
    }

    public int Rows { get; private set; }

    public long Bytes => _slabs.Sum(slab => slab.Bytes);

    public void Grow(int rows)
    {
        if (rows <= Rows) return;
        int slabs = (int)(((long)rows + _mask) >> _shift);
        var starts = new float*[slabs];
        while (_slabs.Count < slabs) _slabs.Add(new AlignedFloats((long)_layout.Stride << _shift));
        for (int i = 0; i < slabs; i++) starts[i] = _slabs[i].Pointer;
        _starts = starts;
        Rows = rows;
    }

    /// <summary>The row's floats, <see cref="StateLayout.Stride"/> of them; the caller has checked the row.</summary>
    public float* At(int row) => _starts[row >> _shift] + (nint)(row & _mask) * _layout.Stride;

    public void Read(int row, Span<float> state)
    {
        float* at = At(Checked(row, state.Length));
        for (int i = 0; i < _layout.Slots.Count; i++)
        {
            StateSlot slot = _layout.Slots[i];
            new ReadOnlySpan<float>(at + _layout.StartOf(i), slot.Length).CopyTo(state.Slice(slot.Offset, slot.Length));
        }
    }

    public void Write(int row, ReadOnlySpan<float> state)
    {
        float* at = At(Checked(row, state.Length));
        new Span<float>(at, _layout.Stride).Clear();
        for (int i = 0; i < _layout.Slots.Count; i++)
        {
            StateSlot slot = _layout.Slots[i];
            state.Slice(slot.Offset, slot.Length).CopyTo(new Span<float>(at + _layout.StartOf(i), slot.Length));
        }
    }

    public void Clear(int row) => new Span<float>(At(Checked(row, _layout.Floats)), _layout.Stride).Clear();

    public void Dispose()
    {
        foreach (AlignedFloats slab in _slabs) slab.Dispose();
        _slabs.Clear();
        _starts = [];
        Rows = 0;
    }

    private int Checked(int row, int floats)
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"expected a row below {Rows}");
        if (floats != _layout.Floats)
            throw new ArgumentException($"expected {_layout.Floats} state floats, found {floats}", nameof(floats));
        return row;
    }
}
