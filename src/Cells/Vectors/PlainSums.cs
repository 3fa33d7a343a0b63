using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>A matrix with its bias, and scratch for its products with up to <see cref="Most"/> streams.</summary>
internal sealed unsafe class PlainSums<TLanes, TVector> : IDisposable
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public const int Most = PlainProducts<TLanes, TVector>.MostStreams;

    private readonly Panels _panels;
    private readonly AlignedFloats _sums;
    private readonly nint _columns;
    private readonly nint _stride;

    public PlainSums(int units, int columns, WeightOf weight, Func<int, int, float> bias)
    {
        _panels = new Panels(units, 1, columns, 1, TLanes.Width, weight, bias);
        _columns = columns;
        _stride = AlignedFloats.Padded(Floats);
        _sums = new AlignedFloats(Most * (long)_stride);
    }

    /// <summary>Sums per stream, filled up to whole vectors.</summary>
    public int Floats => _panels.Count * TLanes.Width;

    /// <summary>How many of so many streams to take next: 1, or up to <see cref="Most"/>.</summary>
    public static int Next(int left) => left > 2 ? Math.Min(left, Most) : 1;

    /// <summary>Products with the rows of 1 stream, or of up to <see cref="Most"/>.</summary>
    public void Multiply(float* x, nint stride, int count)
    {
        if (count == 1) PlainProducts<TLanes, TVector>.One(_panels, x, _columns, _sums.Pointer);
        else PlainProducts<TLanes, TVector>.Eight(_panels, x, stride, _columns, _sums.Pointer, _stride);
    }

    public float* Of(int stream) => _sums.Pointer + stream * _stride;

    public void Dispose()
    {
        _panels.Dispose();
        _sums.Dispose();
    }
}
