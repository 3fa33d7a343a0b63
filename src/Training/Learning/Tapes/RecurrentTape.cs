using Realtime.Cells;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// What the cells have in common: a hidden state before and after each step, and recurrent dropout, one mask per row
/// for all steps of a window, on what the recurrent weights see of h (Y. Gal, Z. Ghahramani: A theoretically grounded
/// application of dropout in recurrent neural networks, NIPS 2016). The part of h that a gate carries over unchanged is
/// never dropped.
/// </summary>
/// <remarks>
/// h' of a step is what goes out and what the next step comes from: its derivative is gathered in the one place where
/// the layer above has left its own.
/// </remarks>
internal abstract unsafe class RecurrentTape<TLanes, TVector> : LayerTape
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly double _dropRate;
    private readonly float* _mask;
    private readonly float* _masked;
    private readonly float* _product;
    private bool _drops;

    protected RecurrentTape(Weights weights, int layer, double dropRate, int rows, int steps)
        : base(rows, weights.Layers[layer].Inputs, weights.Layers[layer].Outputs)
    {
        var blocks = weights.BlocksOf(layer);
        (WeightIh, WeightHh, BiasIh, BiasHh) = (blocks[0], blocks[1], blocks[2], blocks[3]);
        Weights = weights;
        Index = layer;
        Block = rows * OutputStride;
        Hidden = new(Block, Allocate((long)(steps + 1) * Block), Allocate(Block));
        _dropRate = dropRate;
        if (dropRate <= 0)
        {
            return;
        }
        _mask = Allocate(Block);
        _masked = Allocate((long)steps * Block);
        _product = Allocate(Block);
    }

    protected Weights Weights { get; }
    protected WeightBlock WeightIh { get; }
    protected WeightBlock WeightHh { get; }
    protected WeightBlock BiasIh { get; }
    protected WeightBlock BiasHh { get; }

    /// <summary>The layer's place in the chain.</summary>
    protected int Index { get; }

    /// <summary>Floats of one state of all rows.</summary>
    protected int Block { get; }

    protected StateTrack Hidden { get; }

    public override float* Forward(float* x, int steps, in Pass pass)
    {
        Hidden.Begin(pass.Carries);
        _drops = pass.Drops && _dropRate > 0;
        if (_drops)
        {
            DropMask.Fill(new(_mask, Block), _dropRate, SplitMix64.For(pass.Seed, Index));
        }
        Through(x, steps, pass);
        Hidden.End(steps, pass.Carries);
        return Hidden.Before(1);
    }

    public override void Reset(int row) => Hidden.Reset(row, OutputStride);

    protected abstract void Through(float* x, int steps, in Pass pass);

    /// <summary>to [gates · units] = b_ih + b_hh.</summary>
    protected void SumBiases(float* to)
    {
        float* ih = Weights.At(BiasIh), hh = Weights.At(BiasHh);
        for (var j = 0; j < BiasIh.PaddedRows; j++)
        {
            to[j] = ih[j] + hh[j];
        }
    }

    /// <summary>sums [steps · rows, gates · units] = W_ih x + start, for all steps at once.</summary>
    protected void AddInputs(float* x, int steps, float* sums, float* start) =>
        Products<TLanes, TVector>.Multiply(steps * Rows, WeightIh.PaddedRows, Inputs, x, InputStride, 1,
            Weights.TransposedAt(WeightIh), WeightIh.PaddedRows, sums, WeightIh.PaddedRows, start);

    /// <summary>What the recurrent weights see of the state before step t.</summary>
    protected float* Seen(int t)
    {
        var h = Hidden.Before(t);
        if (!_drops)
        {
            return h;
        }
        var seen = _masked + (nint)t * Block;
        for (var i = 0; i < Block; i += TLanes.Width)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(h + i), TLanes.Load(_mask + i)), seen + i);
        }
        return seen;
    }

    /// <summary>The same for all steps, once the forward pass is through.</summary>
    protected float* SeenByAll => _drops ? _masked : Hidden.Before(0);

    /// <summary>sums [rows, n] of step t += the rows of W_hh from <paramref name="row"/> on, times
    /// <paramref name="h"/>.</summary>
    protected void AddHidden(float* h, float* sums, int stride, int row, int n, float* start) =>
        Products<TLanes, TVector>.Multiply(Rows, n, Outputs, h, OutputStride, 1,
            Weights.TransposedAt(WeightHh) + row, WeightHh.PaddedRows, sums, stride, start);

    /// <summary>
    /// to [rows, units] += Wᵀ a, for n rows of W_hh from <paramref name="row"/> on, where to is the derivative by h and
    /// a [rows, n] that by sums of what was seen of h.
    /// </summary>
    protected void BackToHidden(float* a, int stride, int row, int n, float* to)
    {
        var product = _drops ? _product : to;
        Products<TLanes, TVector>.Multiply(Rows, OutputStride, n, a, stride, 1,
            Weights.At(WeightHh) + (nint)row * WeightHh.PaddedColumns, WeightHh.PaddedColumns, product, OutputStride,
            _drops ? null : to);
        if (_drops)
        {
            AddMasked(product, to);
        }
    }

    /// <summary>to += the derivative by what was seen of h, as far as it was not dropped.</summary>
    protected void AddMasked(float* seenDelta, float* to)
    {
        for (var i = 0; i < Block; i += TLanes.Width)
        {
            var value = TLanes.Load(seenDelta + i);
            value = _drops ? TLanes.Multiply(value, TLanes.Load(_mask + i)) : value;
            TLanes.Store(TLanes.Add(TLanes.Load(to + i), value), to + i);
        }
    }

    /// <summary>The derivatives by W_ih, b_ih and x, of that by the sums, [steps · rows, gates · units].</summary>
    protected void BackToInputs(float* x, float* sums, float* inputDelta, float* gradient, int steps)
    {
        int rows = WeightIh.PaddedRows, columns = WeightIh.PaddedColumns;
        var weights = gradient + WeightIh.Offset;
        Products<TLanes, TVector>.Multiply(
            rows, columns, steps * Rows, sums, 1, rows, x, InputStride, weights, columns, weights);
        Products<TLanes, TVector>.AddRows(steps * Rows, rows, sums, rows, gradient + BiasIh.Offset);
        if (inputDelta != null)
        {
            Products<TLanes, TVector>.Multiply(steps * Rows, columns, rows, sums, rows, 1, Weights.At(WeightIh),
                columns, inputDelta, columns, null);
        }
    }

    /// <summary>
    /// The derivatives by n rows of W_hh and b_hh from <paramref name="row"/> on, of that by sums a [steps · rows, n]
    /// and of what those rows were multiplied with.
    /// </summary>
    protected void BackToRecurrent(float* a, int stride, int row, int n, float* h, float* gradient, int steps)
    {
        var columns = WeightHh.PaddedColumns;
        var weights = gradient + WeightHh.Offset + (nint)row * columns;
        Products<TLanes, TVector>.Multiply(
            n, columns, steps * Rows, a, 1, stride, h, OutputStride, weights, columns, weights);
        Products<TLanes, TVector>.AddRows(steps * Rows, n, a, stride, gradient + BiasHh.Offset + row);
    }
}
