using System.Runtime.CompilerServices;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The long short-term memory cell; see <see cref="Scalar.LstmScalar"/>. Weights of i, f and o are halved, which is
/// exact, so that σ(a) = tanh(a/2)/2 + 1/2.
/// </summary>
internal sealed unsafe class LstmVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int MostStreams = 6;

    private readonly Panels _panels;
    private readonly AlignedFloats _sums = new(MostStreams * LstmProducts<TLanes, TVector>.SumFloats);
    private readonly nint _columns;
    private readonly int _startH;
    private readonly int _startC;
    private bool _backwards;

    /// <param name="layer">Description and weights.</param>
    /// <param name="startH">First float of h in a state row.</param>
    /// <param name="startC">First float of c in a state row.</param>
    public LstmVector(LstmLayer layer, int startH, int startC)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _columns = layer.Inputs + layer.Hidden;
        _startH = startH;
        _startC = startC;
        _panels = Pack(layer);
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        int at = 0;
        // With more than two streams the sums need 32 registers. What is missing of six is stepped along.
        if (TLanes.Width == 16)
            for (; group.Count - at > 2; at += 6) Streams(group, at, 6, y, stride);
        for (; group.Count - at > 1; at += 2) Streams(group, at, 2, y, stride);
        for (; at < group.Count; at++) One(group, at, y + at * stride);
    }

    public override void Dispose()
    {
        base.Dispose();
        _panels.Dispose();
        _sums.Dispose();
    }

    private void Streams(in StreamGroup group, int first, int most, float* y, nint stride)
    {
        int count = Math.Min(most, group.Count - first), unit = 0;
        Rows.Gather(group, first, count, _startH);
        for (int m = first + count; m < Math.Min(first + 2 * count, group.Known); m++)
            StreamRows.Fetch(group.States[m] + _startC, _panels.Count * TLanes.Width);
        float* x = Rows.Inputs + first * Rows.Stride;
        y += first * stride;
        for (int panel = 0; panel < _panels.Count; panel++, unit += TLanes.Width)
        {
            float* w = _panels.Weights(panel), b = _panels.Biases(panel);
            if (most == 6) LstmProducts<TLanes, TVector>.SixStreams(w, b, x, Rows.Stride, _columns, _sums.Pointer);
            else LstmProducts<TLanes, TVector>.TwoStreams(w, b, x, Rows.Stride, _columns, _sums.Pointer);
            UpdateStreams(
                _sums.Pointer, group.States + first, _startH + unit, _startC + unit, y + unit, stride, count);
        }
    }

    /// <summary>Backwards every other step; see <see cref="GruVector{TLanes,TVector}"/>.</summary>
    private void One(in StreamGroup group, int at, float* y)
    {
        Rows.Gather(group, at, 1, _startH);
        float* x = Rows.Inputs + at * Rows.Stride;
        float* h = group.States[at] + _startH, c = group.States[at] + _startC;
        int pairs = _panels.Count / 2;
        _backwards = !_backwards;
        for (int i = 0; i < pairs; i++)
        {
            int panel = 2 * (_backwards ? pairs - 1 - i : i), unit = panel * TLanes.Width;
            LstmProducts<TLanes, TVector>.TwoPanels(_panels.Weights(panel), _panels.Stride, _panels.Biases(panel), x,
                _columns, _sums.Pointer);
            UpdateUnits(_sums.Pointer, h + unit, c + unit, y + unit, 2);
        }

        if (2 * pairs == _panels.Count) return;
        int last = 2 * pairs * TLanes.Width;
        LstmProducts<TLanes, TVector>.OnePanel(
            _panels.Weights(2 * pairs), _panels.Biases(2 * pairs), x, _columns, _sums.Pointer);
        UpdateUnits(_sums.Pointer, h + last, c + last, y + last, 1);
    }

    // Out of the loops above, for the compiler to keep their sums in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateStreams(
        float* sums, float** states, nint h, nint c, float* y, nint stride, int count)
    {
        for (float** end = states + count; states < end; states++)
        {
            Update(sums, *states + h, *states + c, y);
            sums += LstmProducts<TLanes, TVector>.SumFloats;
            y += stride;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateUnits(float* sums, float* h, float* c, float* y, int vectors)
    {
        for (float* end = h + vectors * TLanes.Width; h < end; h += TLanes.Width)
        {
            Update(sums, h, c, y);
            sums += LstmProducts<TLanes, TVector>.SumFloats;
            c += TLanes.Width;
            y += TLanes.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update(float* sums, float* h, float* c, float* y)
    {
        int width = TLanes.Width;
        TVector half = TLanes.All(0.5f);
        TVector i = TLanes.MultiplyAdd(half, TLanes.Tanh(TLanes.Load(sums)), half);
        TVector f = TLanes.MultiplyAdd(half, TLanes.Tanh(TLanes.Load(sums + width)), half);
        TVector g = TLanes.Tanh(TLanes.Load(sums + 2 * width));
        TVector next = TLanes.MultiplyAdd(f, TLanes.Load(c), TLanes.Multiply(i, g));
        TLanes.Store(next, c);
        TVector o = TLanes.MultiplyAdd(half, TLanes.Tanh(TLanes.Load(sums + 3 * width)), half);
        TVector output = TLanes.Multiply(o, TLanes.Tanh(next));
        TLanes.Store(output, h);
        TLanes.Store(output, y);
    }

    private static Panels Pack(LstmLayer layer)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        return new Panels(hidden, 4, inputs + hidden, 4, TLanes.Width,
            (gate, unit, column) => Scale(gate) * (column < inputs
                ? weightIh.Span[(gate * hidden + unit) * inputs + column]
                : weightHh.Span[(gate * hidden + unit) * hidden + column - inputs]),
            (gate, unit) => Scale(gate) * (biasIh.Span[gate * hidden + unit] + biasHh.Span[gate * hidden + unit]));
    }

    private static float Scale(int gate) => gate == 2 ? 1 : 0.5f;
}
