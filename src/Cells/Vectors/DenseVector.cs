using System.Runtime.Intrinsics;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// y = act(W x + b); see <see cref="Scalar.DenseScalar"/>. One output is taken with the lanes along x: a vector of
/// outputs would be mostly padding.
/// </summary>
internal sealed unsafe class DenseVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Few = 8;

    private readonly PlainSums<TLanes, TVector> _sums;
    private readonly Panels _few;
    private readonly AlignedFloats _weightRow;
    private readonly float _bias;
    private readonly Activation _activation;
    private readonly int _outputs;
    private readonly int _columns;

    public DenseVector(DenseLayer layer)
        : base(new StreamRows(layer.Inputs))
    {
        ReadOnlyMemory<float> weight = layer.Weight, bias = layer.Bias;
        int inputs = layer.Inputs;
        _sums = new PlainSums<TLanes, TVector>(layer.Outputs, inputs,
            (_, unit, column) => weight.Span[unit * inputs + column], (_, unit) => bias.Span[unit]);
        _activation = layer.Activation;
        _outputs = layer.Outputs;
        _columns = AlignedFloats.Padded(inputs);
        _few = new Panels(_outputs > Few ? 0 : _outputs, 1, _columns, 1, TLanes.Width,
            (_, unit, column) => column < inputs ? weight.Span[unit * inputs + column] : 0,
            (_, unit) => bias.Span[unit]);
        _weightRow = new AlignedFloats(_columns);
        weight.Span[..inputs].CopyTo(_weightRow.Span(0, inputs));
        _bias = bias.Span[0];
    }

    public override bool WritesExactly => _outputs == 1 && _activation != Activation.Softmax;

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        if (_outputs <= Few)
        {
            if (WritesExactly) StepOne(group.Count, y, stride);
            else StepFew(Rows.Inputs, group.Count, y, stride);
            return;
        }

        for (int at = 0; at < group.Count;)
        {
            int count = PlainSums<TLanes, TVector>.Next(group.Count - at);
            _sums.Multiply(Rows.Inputs + at * Rows.Stride, Rows.Stride, count);
            for (int m = 0; m < count; m++, at++) Activate(_sums.Of(m), y + at * stride);
        }
    }

    public override void StepOne(float* state, float* y)
    {
        if (WritesExactly) StepOne(1, y, 1);
        else base.StepOne(state, y);
    }

    public override void Dispose()
    {
        base.Dispose();
        _sums.Dispose();
        _few.Dispose();
        _weightRow.Dispose();
    }

    /// <summary>One output, four streams at a time.</summary>
    private void StepOne(int count, float* y, nint stride)
    {
        float* x = Rows.Inputs, w = _weightRow.Pointer;
        nint next = Rows.Stride;
        Vector128<float> bias = Vector128.Create(_bias);
        for (; count >= 4; count -= 4, x += 4 * next, y += 4 * stride)
        {
            Vector128<float> sums = LaneSums.Of(
                TLanes.Dot(w, x, _columns), TLanes.Dot(w, x + next, _columns),
                TLanes.Dot(w, x + 2 * next, _columns), TLanes.Dot(w, x + 3 * next, _columns));
            sums = LaneMath<Lanes128, Vector128<float>>.Apply(_activation, sums + bias);
            y[0] = sums[0];
            y[stride] = sums[1];
            y[2 * stride] = sums[2];
            y[3 * stride] = sums[3];
        }

        for (; count > 0; count--, x += next, y += stride)
        {
            Vector128<float> sum = Vector128.CreateScalarUnsafe(LaneSums.Of(TLanes.Dot(w, x, _columns))) + bias;
            *y = LaneMath<Lanes128, Vector128<float>>.Apply(_activation, sum).ToScalar();
        }
    }

    /// <summary>Two streams at a time, the lanes along the outputs.</summary>
    private void StepFew(float* x, int count, float* y, nint stride)
    {
        nint next = Rows.Stride;
        for (int panel = 0; panel < _few.Count; panel++)
        {
            float* w = _few.Weights(panel), b = _few.Biases(panel), from = x, to = y + panel * TLanes.Width;
            int left = count;
            for (; left >= 2; left -= 2, from += 2 * next, to += 2 * stride)
                FewProducts<TLanes, TVector>.TwoStreams(w, b, from, next, _columns, to, stride);
            if (left == 1) FewProducts<TLanes, TVector>.OneStream(w, b, from, _columns, to);
        }

        if (_activation == Activation.Linear) Limit(y, count, stride);
        else for (; count > 0; count--, y += stride) Activate(y, y);
    }

    // As other activations, without asking each time which one it is.
    private void Limit(float* y, int count, nint stride)
    {
        int floats = _sums.Floats;
        for (; count > 0; count--, y += stride)
        {
            for (int j = 0; j < floats; j += TLanes.Width)
                TLanes.Store(LaneMath<TLanes, TVector>.Apply(Activation.Linear, TLanes.Load(y + j)), y + j);
        }
    }

    private void Activate(float* sums, float* y)
    {
        if (_activation == Activation.Softmax)
        {
            Softmax(sums, y);
            return;
        }

        for (float* end = sums + _sums.Floats; sums < end; sums += TLanes.Width, y += TLanes.Width)
            TLanes.Store(LaneMath<TLanes, TVector>.Apply(_activation, TLanes.Load(sums)), y);
    }

    /// <summary>Largest and total are taken one by one, so that they do not depend on the width.</summary>
    private void Softmax(float* sums, float* y)
    {
        float largest = float.NegativeInfinity;
        for (int j = 0; j < _outputs; j++) largest = MathF.Max(largest, sums[j]);
        int floats = _sums.Floats;
        TVector shift = TLanes.All(largest);
        for (int j = 0; j < floats; j += TLanes.Width)
            TLanes.Store(LaneMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(sums + j), shift)), y + j);
        double total = 0;
        for (int j = 0; j < _outputs; j++) total += y[j];
        TVector divisor = TLanes.All((float)total);
        for (int j = 0; j < floats; j += TLanes.Width) TLanes.Store(TLanes.Divide(TLanes.Load(y + j), divisor), y + j);
    }
}
