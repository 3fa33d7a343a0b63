using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// One layer of the vector kernels. A step first takes the products of every unit into scratch, and only then goes
/// through the units and writes: no unit sees another's new state.
/// </summary>
internal abstract unsafe class VectorLayer : IDisposable
{
    public abstract void Step(in StreamGroup group);

    public abstract void Dispose();
}

/// <summary>Scratch for the products of a group: stream m's vectors begin at Pointer + m · Stride.</summary>
internal sealed unsafe class ProductScratch<TLanes, TVector>(int vectors) : IDisposable
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly AlignedFloats _floats = new((long)StreamGroup.Most * AlignedFloats.Padded(vectors * TLanes.Width));

    public int Stride { get; } = AlignedFloats.Padded(vectors * TLanes.Width);

    public float* Of(int stream) => _floats.Pointer + stream * Stride;

    /// <summary>Products with the floats that come into the layer.</summary>
    public void OfInputs(PackedMatrix matrix, in StreamGroup group)
    {
        float* x = group.X;
        int stride = group.Stride;
        if (group.Count == 1) Products<TLanes, TVector>.One(matrix, x, Of(0));
        else Products<TLanes, TVector>.Four(matrix, x, x + stride, x + 2 * stride, x + 3 * stride, Of(0), Stride);
    }

    /// <summary>Products with a part of the state rows.</summary>
    public void OfStates(PackedMatrix matrix, in StreamGroup group, int start)
    {
        float** s = group.States;
        if (group.Count == 1) Products<TLanes, TVector>.One(matrix, s[0] + start, Of(0));
        else
        {
            Products<TLanes, TVector>.Four(
                matrix, s[0] + start, s[1] + start, s[2] + start, s[3] + start, Of(0), Stride);
        }
    }

    /// <summary>Products with what lies in another scratch.</summary>
    public void OfScratch(PackedMatrix matrix, ProductScratch<TLanes, TVector> x, int count)
    {
        if (count == 1) Products<TLanes, TVector>.One(matrix, x.Of(0), Of(0));
        else Products<TLanes, TVector>.Four(matrix, x.Of(0), x.Of(1), x.Of(2), x.Of(3), Of(0), Stride);
    }

    public void Dispose() => _floats.Dispose();
}
