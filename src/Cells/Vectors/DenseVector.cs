using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// y = act(W x + b); see <see cref="Scalar.DenseScalar"/>. A few outputs are taken one by one, with the lanes along x:
/// vectors of outputs would be mostly padding.
/// </summary>
internal sealed unsafe class DenseVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Few = 4;

    private readonly PlainSums<TLanes, TVector> _sums;
    private readonly AlignedFloats _weightRows;
    private readonly float[] _bias;
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
        _bias = bias.ToArray();
        _activation = layer.Activation;
        _outputs = layer.Outputs;
        _columns = AlignedFloats.Padded(inputs);
        _weightRows = new AlignedFloats(Math.Min(_outputs, Few) * (long)_columns);
        for (int row = 0; row < Math.Min(_outputs, Few); row++)
            weight.Span.Slice(row * inputs, inputs).CopyTo(_weightRows.Span((long)row * _columns, inputs));
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        if (_outputs <= Few)
        {
            StepFew(Rows.Inputs, group.Count, y, stride);
            return;
        }

        for (int at = 0; at < group.Count;)
        {
            int count = PlainSums<TLanes, TVector>.Next(group.Count - at);
            _sums.Multiply(Rows.Inputs + at * Rows.Stride, Rows.Stride, count);
            for (int m = 0; m < count; m++, at++) Activate(_sums.Of(m), y + at * stride);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _sums.Dispose();
        _weightRows.Dispose();
    }

    private void StepFew(float* x, int count, float* y, nint stride)
    {
        float* sums = _sums.Of(0);
        for (; count > 0; count--, x += Rows.Stride, y += stride)
        {
            float* w = _weightRows.Pointer;
            for (int j = 0; j < _bias.Length; j++, w += _columns)
            {
                float sum = TLanes.Dot(w, x, _columns) + _bias[j];
                if (_activation == Activation.Softmax) sums[j] = sum;
                else y[j] = TLanes.First(LaneMath<TLanes, TVector>.Apply(_activation, TLanes.All(sum)));
            }

            if (_activation == Activation.Softmax) Softmax(sums, y);
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
