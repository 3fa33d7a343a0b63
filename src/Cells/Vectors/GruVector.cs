using System.Runtime.CompilerServices;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The gated recurrent unit with the reset after the product; see <see cref="Scalar.GruScalar"/>. Weights of r, z and
/// of the hidden part of n are halved, which is exact: with R = tanh(r/2), Z = tanh(z/2) and N half the hidden part,
/// σ(r)·2N = R·N + N and h' = Z·(h − n)/2 + (h + n)/2.
/// </summary>
internal sealed unsafe class GruVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int MostStreams = 8;

    private readonly Panels _panels;
    private readonly AlignedFloats _sums = new(MostStreams * GruProducts<TLanes, TVector>.SumFloats);
    private readonly nint _inputs;
    private readonly nint _hidden;
    private readonly int _start;
    private bool _backwards;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruVector(GruLayer layer, int start)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _inputs = layer.Inputs;
        _hidden = layer.Hidden;
        _start = start;
        _panels = Pack(layer);
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        int at = 0;
        // Its 24 sums need 32 registers. What is missing of eight is stepped along: cheaper than four and one each.
        if (TLanes.Width == 16)
            for (; group.Count - at > 4; at += 8) Streams(group, at, 8, y, stride);
        for (; group.Count - at > 2; at += 4) Streams(group, at, 4, y, stride);
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
        int count = Math.Min(most, group.Count - first), offset = _start;
        Rows.Gather(group, first, count, _start);
        float* x = Rows.Inputs + first * Rows.Stride, h = Rows.Hidden + first * Rows.Stride;
        y += first * stride;
        for (int panel = 0; panel < _panels.Count; panel++)
        {
            float* w = _panels.Weights(panel), b = _panels.Biases(panel);
            if (most == 8)
                GruProducts<TLanes, TVector>.EightStreams(w, b, x, Rows.Stride, _inputs, _hidden, _sums.Pointer);
            else GruProducts<TLanes, TVector>.FourStreams(w, b, x, Rows.Stride, _inputs, _hidden, _sums.Pointer);
            UpdateStreams(_sums.Pointer, h, Rows.Stride, group.States + first, offset, y, stride, count);
            h += TLanes.Width;
            y += TLanes.Width;
            offset += TLanes.Width;
        }
    }

    /// <summary>
    /// The panels of one stream in turns forwards and backwards, so that those read last, which are still in the nearest
    /// cache, are the first to be read again.
    /// </summary>
    private void One(in StreamGroup group, int at, float* y)
    {
        Rows.Gather(group, at, 1, _start);
        float* x = Rows.Inputs + at * Rows.Stride, h = Rows.Hidden + at * Rows.Stride;
        float* state = group.States[at] + _start;
        int pairs = _panels.Count / 2;
        _backwards = !_backwards;
        for (int i = 0; i < pairs; i++)
        {
            int panel = 2 * (_backwards ? pairs - 1 - i : i), unit = panel * TLanes.Width;
            GruProducts<TLanes, TVector>.TwoPanels(_panels.Weights(panel), _panels.Stride, _panels.Biases(panel), x,
                _inputs, _hidden, _sums.Pointer);
            UpdateUnits(_sums.Pointer, h + unit, state + unit, y + unit, 2);
        }

        if (2 * pairs == _panels.Count) return;
        int last = 2 * pairs * TLanes.Width;
        GruProducts<TLanes, TVector>.OnePanel(_panels.Weights(2 * pairs), _panels.Biases(2 * pairs), x, _inputs,
            _hidden, _sums.Pointer);
        UpdateUnits(_sums.Pointer, h + last, state + last, y + last, 1);
    }

    // Out of the loops above, for the compiler to keep their sums in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateStreams(
        float* sums, float* h, nint strideH, float** states, nint offset, float* y, nint stride, int count)
    {
        for (float** end = states + count; states < end; states++)
        {
            Update(sums, h, *states + offset, y);
            sums += GruProducts<TLanes, TVector>.SumFloats;
            h += strideH;
            y += stride;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UpdateUnits(float* sums, float* h, float* state, float* y, int vectors)
    {
        for (float* end = h + vectors * TLanes.Width; h < end; h += TLanes.Width)
        {
            Update(sums, h, state, y);
            sums += GruProducts<TLanes, TVector>.SumFloats;
            state += TLanes.Width;
            y += TLanes.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Update(float* sums, float* h, float* state, float* y)
    {
        int width = TLanes.Width;
        TVector r = TLanes.Tanh(TLanes.Load(sums)), z = TLanes.Tanh(TLanes.Load(sums + width));
        TVector hidden = TLanes.Load(sums + 3 * width);
        TVector n = TLanes.Tanh(
            TLanes.MultiplyAdd(r, hidden, TLanes.Add(TLanes.Load(sums + 2 * width), hidden)));
        TVector old = TLanes.Load(h), half = TLanes.All(0.5f);
        TVector next = TLanes.MultiplyAdd(
            z, TLanes.Multiply(half, TLanes.Subtract(old, n)), TLanes.Multiply(half, TLanes.Add(old, n)));
        TLanes.Store(next, state);
        TLanes.Store(next, y);
    }

    private static Panels Pack(GruLayer layer)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        return new Panels(hidden, 3, inputs + hidden, 4, TLanes.Width,
            (gate, unit, column) =>
            {
                int row = gate * hidden + unit;
                return column >= inputs
                    ? 0.5f * weightHh.Span[row * hidden + column - inputs]
                    : (gate < 2 ? 0.5f : 1) * weightIh.Span[row * inputs + column];
            },
            (slot, unit) => slot switch
            {
                < 2 => 0.5f * (biasIh.Span[slot * hidden + unit] + biasHh.Span[slot * hidden + unit]),
                2 => biasIh.Span[2 * hidden + unit],
                _ => 0.5f * biasHh.Span[2 * hidden + unit],
            });
    }
}
