namespace Realtime.Cells.Vectors;

/// <summary>y = act(W x + b); see <see cref="Scalar.DenseScalar"/>.</summary>
internal sealed unsafe class DenseVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PackedMatrix _matrix;
    private readonly ProductScratch<TLanes, TVector> _sums;
    private readonly Activation _activation;
    private readonly int _outputs;

    public DenseVector(DenseLayer layer)
    {
        _matrix = new PackedMatrix(layer.Weight.Span, layer.Bias.Span, layer.Outputs, TLanes.Width);
        _sums = new ProductScratch<TLanes, TVector>(_matrix.Vectors);
        _activation = layer.Activation;
        _outputs = layer.Outputs;
    }

    public override void Step(in StreamGroup group)
    {
        _sums.OfInputs(_matrix, group);
        for (int m = 0; m < group.Count; m++)
        {
            if (_activation == Activation.Softmax) Softmax(_sums.Of(m), group.Y + m * group.Stride);
            else Activate(_sums.Of(m), group.Y + m * group.Stride);
        }
    }

    public override void Dispose()
    {
        _matrix.Dispose();
        _sums.Dispose();
    }

    private void Activate(float* sums, float* y)
    {
        float* end = sums + _matrix.Vectors * TLanes.Width;
        for (; sums < end; sums += TLanes.Width, y += TLanes.Width)
            TLanes.Store(LaneMath<TLanes, TVector>.Apply(_activation, TLanes.Load(sums)), y);
    }

    /// <summary>Largest and total are taken one by one, so that they do not depend on the width.</summary>
    private void Softmax(float* sums, float* y)
    {
        float largest = float.NegativeInfinity;
        for (int j = 0; j < _outputs; j++) largest = MathF.Max(largest, sums[j]);
        int floats = _matrix.Vectors * TLanes.Width;
        TVector shift = TLanes.All(largest);
        for (int j = 0; j < floats; j += TLanes.Width)
            TLanes.Store(LaneMath<TLanes, TVector>.Exp(TLanes.Subtract(TLanes.Load(sums + j), shift)), y + j);
        double total = 0;
        for (int j = 0; j < _outputs; j++) total += y[j];
        TVector divisor = TLanes.All((float)total);
        for (int j = 0; j < floats; j += TLanes.Width) TLanes.Store(TLanes.Divide(TLanes.Load(y + j), divisor), y + j);
    }
}
