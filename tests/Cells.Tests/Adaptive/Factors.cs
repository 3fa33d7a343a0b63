using Realtime.Cells.Adaptive;
using Realtime.Cells.States;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>A covariance with memory of its own.</summary>
internal sealed unsafe class Factors : IDisposable
{
    private readonly int _features;
    private readonly AlignedFloats _u, _d, _f, _k;
    private float _largest = 1;

    public Factors(int features)
    {
        _features = features;
        _u = new AlignedFloats(UdCovariance.Triangle(features));
        _d = new AlignedFloats(FixedOrder.Padded(features));
        _f = new AlignedFloats(FixedOrder.Padded(features));
        _k = new AlignedFloats(FixedOrder.Padded(features));
        UdCovariance.Clear(_u.Pointer, _d.Pointer, features, 1);
    }

    public float Largest => _largest;
    public Span<float> U => _u.Span(0, UdCovariance.Triangle(_features));
    public Span<float> D => _d.Span(0, _features);

    public float Update(float[] f, float forgetting, out float[] k)
    {
        f.CopyTo(_f.Span(0, _features));
        float spread = UdCovariance.Update(_u.Pointer, _d.Pointer, _f.Pointer, _k.Pointer, _features, forgetting,
            UdCovariance.LargestD, ref _largest);
        k = _k.Span(0, _features).ToArray();
        return spread;
    }

    public void Dispose()
    {
        foreach (AlignedFloats each in new[] { _u, _d, _f, _k }) each.Dispose();
    }
}
