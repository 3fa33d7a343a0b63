using System.Runtime.InteropServices;

namespace Realtime.Cells.States;

/// <summary>The states of all rows, in slabs of native memory that never move.</summary>
internal sealed unsafe class StateTable : IDisposable
{
    private const int SlabBytes = 1 << 19;

    // Slabs with memory of their own, and how many share theirs from there on: a large table is visited in any order,
    // where most of the time goes to finding pages.
    private const int Together = 16;

    private readonly StateLayout _layout;
    private readonly int _shift;
    private readonly int _mask;
    private readonly List<AlignedFloats> _blocks = [];
    private float*[] _starts = [];
    private int _slabs;

    public StateTable(StateLayout layout)
    {
        _layout = layout;
        while (_shift < 12 && ((long)layout.Stride * sizeof(float) << (_shift + 1)) <= SlabBytes) _shift++;
        _mask = (1 << _shift) - 1;
    }

    public int Rows { get; private set; }

    public long Bytes => _blocks.Sum(block => block.Bytes);

    public void Grow(int rows)
    {
        if (rows <= Rows) return;
        int slabs = (int)(((long)rows + _mask) >> _shift);
        while (_starts.Length < slabs) AddBlock(_starts.Length < Together ? 1 : Together);
        nint floats = (nint)_layout.Stride << _shift;
        for (; _slabs < slabs; _slabs++) NativeMemory.Clear(_starts[_slabs], (nuint)(floats * sizeof(float)));
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

    /// <summary>The last slot "h" of each row, one row behind the other.</summary>
    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden)
    {
        int top = _layout.Top;
        if (top < 0) return;
        int start = _layout.StartOf(top), length = _layout.Slots[top].Length;
        if (hidden.Length != (long)rows.Length * length)
        {
            throw new ArgumentException(
                $"expected {(long)rows.Length * length} floats, found {hidden.Length}", nameof(hidden));
        }

        foreach (int row in rows)
        {
            if ((uint)row >= (uint)Rows)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"expected rows below {Rows}");
            new ReadOnlySpan<float>(At(row) + start, length).CopyTo(hidden);
            hidden = hidden[length..];
        }
    }

    public void Clear(int row) => new Span<float>(At(Checked(row, _layout.Floats)), _layout.Stride).Clear();

    public void Dispose()
    {
        foreach (AlignedFloats block in _blocks) block.Dispose();
        _blocks.Clear();
        _starts = [];
        _slabs = 0;
        Rows = 0;
    }

    private void AddBlock(int slabs)
    {
        nint floats = (nint)_layout.Stride << _shift;
        AlignedFloats block = slabs > 1 ? AlignedFloats.Huge(slabs * (long)floats) : new AlignedFloats(floats);
        _blocks.Add(block);
        var starts = new float*[_starts.Length + slabs];
        for (int i = 0; i < _starts.Length; i++) starts[i] = _starts[i];
        for (int i = 0; i < slabs; i++) starts[_starts.Length + i] = block.Pointer + i * floats;
        _starts = starts;
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
