namespace Realtime.Training.Learning.Tapes;

/// <summary>y = m∘x with a mask of its own for every step (see <see cref="DropMask"/>); δx = m∘δy.</summary>
internal sealed unsafe class DropoutTape : LayerTape
{
    private readonly double _rate;
    private readonly int _index;
    private readonly float* _y;
    private readonly float* _mask;
    private bool _drops;

    public DropoutTape(int layer, int size, double rate, int rows, int steps)
        : base(rows, size, size)
    {
        _index = layer;
        _rate = rate;
        _y = Allocate((long)steps * rows * OutputStride);
        _mask = Allocate((long)steps * rows * OutputStride);
    }

    public override float* Forward(float* x, int steps, in Pass pass)
    {
        _drops = pass.Drops && _rate > 0;
        if (!_drops)
        {
            return x;
        }
        var count = steps * Rows * OutputStride;
        DropMask.Fill(new(_mask, count), _rate, SplitMix64.For(pass.Seed, _index));
        for (var i = 0; i < count; i++)
        {
            _y[i] = _mask[i] * x[i];
        }
        return _y;
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        if (inputDelta == null)
        {
            return;
        }
        for (var i = 0; i < steps * Rows * OutputStride; i++)
        {
            inputDelta[i] = _drops ? _mask[i] * delta[i] : delta[i];
        }
    }
}
