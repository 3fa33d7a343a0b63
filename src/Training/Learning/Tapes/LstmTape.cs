using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// The long short-term memory cell (S. Hochreiter, J. Schmidhuber, Neural Computation 9, 1997, with the forget gate of
/// F. Gers et al., 2000): i, f, o = σ(a_i), σ(a_f), σ(a_o); g = tanh(a_g); c' = f∘c + i∘g; h' = o∘tanh(c').
/// </summary>
/// <remarks>
/// Back, with u = tanh(c'): δo = δh'∘u; δc' += δh'∘o∘(1 − u²); δi = δc'∘g, δg = δc'∘i, δf = δc'∘c, δc = δc'∘f;
/// δh = W_hhᵀ δa.
/// </remarks>
internal sealed unsafe class LstmTape<TLanes, TVector> : RecurrentTape<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly int _units;
    private readonly float* _bias;
    private readonly float* _gates;
    private readonly float* _squashed;
    private readonly float* _cellDelta;
    private readonly StateTrack _cell;
    private float* _x;

    public LstmTape(Weights weights, int layer, double dropRate, int rows, int steps)
        : base(weights, layer, dropRate, rows, steps)
    {
        _units = OutputStride;
        _bias = Allocate(4 * _units);
        _gates = Allocate((long)steps * 4 * Block);
        _squashed = Allocate((long)steps * Block);
        _cellDelta = Allocate(Block);
        _cell = new(Block, Allocate((long)(steps + 1) * Block), Allocate(Block));
    }

    public override void Reset(int row)
    {
        base.Reset(row);
        _cell.Reset(row, _units);
    }

    protected override void Through(float* x, int steps, in Pass pass)
    {
        _x = x;
        _cell.Begin(pass.Carries);
        SumBiases(_bias);
        AddInputs(x, steps, _gates, _bias);
        for (var t = 0; t < steps; t++)
        {
            var a = _gates + (nint)t * 4 * Block;
            AddHidden(Seen(t), a, 4 * _units, 0, 4 * _units, a);
            StepForward(a, t);
        }
        _cell.End(steps, pass.Carries);
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        new Span<float>(_cellDelta, Block).Clear();
        for (var t = steps - 1; t >= 0; t--)
        {
            float* a = _gates + (nint)t * 4 * Block, d = delta + (nint)t * Block;
            StepBack(a, d, t);
            if (t > 0)
            {
                BackToHidden(a, 4 * _units, 0, 4 * _units, d - Block);
            }
        }
        BackToRecurrent(_gates, 4 * _units, 0, 4 * _units, SeenByAll, gradient, steps);
        BackToInputs(_x, _gates, inputDelta, gradient, steps);
    }

    // The sums in a become i, f, g, o.
    private void StepForward(float* a, int t)
    {
        float* c = _cell.Before(t), next = _cell.Before(t + 1), h = Hidden.Before(t + 1);
        var squashed = _squashed + (nint)t * Block;
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (var k = 0; k < Block; k += TLanes.Width)
        {
            var at = a + (nint)(k / _units) * 4 * _units + k % _units;
            var i = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(at));
            var f = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(at + _units));
            var g = Gates<TLanes, TVector>.Tanh(powers, TLanes.Load(at + 2 * _units));
            var o = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(at + 3 * _units));
            var cell = TLanes.MultiplyAdd(f, TLanes.Load(c + k), TLanes.Multiply(i, g));
            var u = Gates<TLanes, TVector>.Tanh(powers, cell);
            TLanes.Store(i, at);
            TLanes.Store(f, at + _units);
            TLanes.Store(g, at + 2 * _units);
            TLanes.Store(o, at + 3 * _units);
            TLanes.Store(cell, next + k);
            TLanes.Store(u, squashed + k);
            TLanes.Store(TLanes.Multiply(o, u), h + k);
        }
    }

    // i, f, g, o in a become the derivatives by their sums.
    private void StepBack(float* a, float* d, int t)
    {
        float* c = _cell.Before(t), squashed = _squashed + (nint)t * Block;
        for (var k = 0; k < Block; k += TLanes.Width)
        {
            var at = a + (nint)(k / _units) * 4 * _units + k % _units;
            TVector i = TLanes.Load(at), f = TLanes.Load(at + _units), g = TLanes.Load(at + 2 * _units);
            TVector o = TLanes.Load(at + 3 * _units), u = TLanes.Load(squashed + k), dh = TLanes.Load(d + k);
            var dc = TLanes.Add(
                TLanes.Load(_cellDelta + k), Gates<TLanes, TVector>.TanhBack(u, TLanes.Multiply(dh, o)));
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(i, TLanes.Multiply(dc, g)), at);
            TLanes.Store(
                Gates<TLanes, TVector>.SigmoidBack(f, TLanes.Multiply(dc, TLanes.Load(c + k))), at + _units);
            TLanes.Store(Gates<TLanes, TVector>.TanhBack(g, TLanes.Multiply(dc, i)), at + 2 * _units);
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(o, TLanes.Multiply(dh, u)), at + 3 * _units);
            TLanes.Store(TLanes.Multiply(dc, f), _cellDelta + k);
        }
    }
}
