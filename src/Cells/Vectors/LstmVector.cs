using System.Runtime.CompilerServices;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The long short-term memory cell; see <see cref="Scalar.LstmScalar"/>. The sums of its gates are exponents; see <see
/// cref="PowerScale"/>.
/// </summary>
internal sealed unsafe class LstmVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int MostStreams = 24;

    // So many streams go through a panel one after the other, and are updated together...
    private const int Together = 12;

    // ...and so few through the whole layer, one by one.
    private static int Alone => TLanes.Width == 16 ? 2 : 1;

    private readonly Panels _panels;
    private readonly AlignedFloats _sums = new(MostStreams * LstmProducts<TLanes, TVector>.SumFloats);
    private readonly nint _inputs;
    private readonly nint _hidden;
    private readonly int _startH;
    private readonly int _startC;
    private bool _backwards;

    /// <param name="layer">Description and weights.</param>
    /// <param name="startH">First float of h in a state row.</param>
    /// <param name="startC">First float of c in a state row.</param>
    public LstmVector(LstmLayer layer, int startH, int startC)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _inputs = layer.Inputs;
        _hidden = layer.Hidden;
        _startH = startH;
        _startC = startC;
        _panels = Pack(layer);
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        int at = 0;
        for (int count; (count = Math.Min(Together, group.Count - at)) > Alone; at += count)
            Streams(group, at, count, y, stride);
        for (; at < group.Count; at++) One(group.States[at], at, y + at * stride);
    }

    public override void StepOne(float* state, float* y) => One(state, 0, y);

    public override void Dispose()
    {
        base.Dispose();
        _panels.Dispose();
        _sums.Dispose();
    }

    // Panel by panel, so that a panel's weights serve all streams from the nearest cache.
    private void Streams(in StreamGroup group, int first, int count, float* y, nint stride)
    {
        Rows.Gather(group, first, count, _startH);
        for (int m = first + count; m < Math.Min(first + 2 * count, group.Known); m++)
            StreamRows.Fetch(group.States[m] + _startC, _panels.Count * TLanes.Width);
        float* x = Rows.Inputs + first * Rows.Stride;
        y += first * stride;
        for (int panel = 0, unit = 0; panel < _panels.Count; panel++, unit += TLanes.Width)
        {
            Multiply(_panels.Weights(panel), _panels.Biases(panel), x, count);
            Update(_sums.Pointer, group.States + first, _startH + unit, _startC + unit, y + unit, stride, count);
        }
    }

    // Six streams' sums need 32 registers. What is missing of the last ones is stepped along.
    private void Multiply(float* w, float* b, float* x, int count)
    {
        float* sums = _sums.Pointer;
        nint columns = _inputs + _hidden;
        for (int tile; count > 0; count -= tile)
        {
            tile = TLanes.Width == 16 && count > 3 ? 6 : 3;
            if (tile == 6) LstmProducts<TLanes, TVector>.SixStreams(w, b, x, Rows.Stride, columns, sums);
            else LstmProducts<TLanes, TVector>.ThreeStreams(w, b, x, Rows.Stride, columns, sums);
            x += tile * Rows.Stride;
            sums += tile * LstmProducts<TLanes, TVector>.SumFloats;
        }
    }

    /// <summary>Backwards every other step; see <see cref="GruVector{TLanes,TVector}"/>.</summary>
    private void One(float* row, int at, float* y)
    {
        float* x = Rows.Inputs + at * Rows.Stride, state = row + _startH, cell = row + _startC, h = state;
        int count = _panels.Count, pairs = count / 2;
        if (count > 2)
        {
            h = Rows.Keep(state, at);
            _backwards = !_backwards;
        }

        for (int i = 0; i < pairs; i++)
        {
            int panel = 2 * (_backwards ? pairs - 1 - i : i), unit = panel * TLanes.Width;
            LstmOne<TLanes, TVector>.TwoPanels(_panels.Weights(panel), _panels.Stride, _panels.Biases(panel), x,
                _inputs, h, _hidden, state + unit, cell + unit, y + unit);
        }

        if (2 * pairs == count) return;
        int last = 2 * pairs * TLanes.Width;
        LstmOne<TLanes, TVector>.OnePanel(_panels.Weights(2 * pairs), _panels.Biases(2 * pairs), x, _inputs, h,
            _hidden, state + last, cell + last, y + last);
    }

    /// <summary>
    /// A vector of units of each stream from their sums to c' and h'; reasons as in <see
    /// cref="GruVector{TLanes,TVector}"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Update(float* sums, float** states, nint h, nint c, float* y, nint stride, int count)
    {
        int width = TLanes.Width, next = LstmProducts<TLanes, TVector>.SumFloats;
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        float* end = sums + count * next;
        for (float* at = sums; at < end; at += 2 * width) powers.OfTwo(at, width);
        float** row = states;
        for (float* at = sums; at < end; at += next, row++)
        {
            TVector cell = LstmGates<TLanes, TVector>.Cell(
                powers.One, TLanes.Load(at), TLanes.Load(at + width), TLanes.Load(at + 2 * width),
                TLanes.Load(*row + c));
            TLanes.Store(cell, *row + c);
            TLanes.Store(cell, at);
        }

        for (; sums < end; sums += next, states++, y += stride)
        {
            TVector hidden = LstmGates<TLanes, TVector>.Hidden(
                powers.One, TLanes.Load(sums + 3 * width), powers.ExpOfTwice(TLanes.Load(sums)));
            TLanes.Store(hidden, *states + h);
            TLanes.Store(hidden, y);
        }
    }

    private static Panels Pack(LstmLayer layer)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        return new Panels(hidden, 4, inputs + hidden, 4, TLanes.Width,
            (gate, unit, column) => PowerScale.Of(gate == 2, column < inputs
                ? weightIh.Span[(gate * hidden + unit) * inputs + column]
                : weightHh.Span[(gate * hidden + unit) * hidden + column - inputs]),
            (gate, unit) => PowerScale.Of(
                gate == 2, biasIh.Span[gate * hidden + unit] + biasHh.Span[gate * hidden + unit]));
    }
}
