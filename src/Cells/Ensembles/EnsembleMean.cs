namespace Realtime.Cells.Ensembles;

/// <summary>
/// The mean of several models' outputs: ((y0 + y1) + y2 + …) · 1/n in float32, which is what devices do, too.
/// </summary>
/// <param name="members">Models.</param>
internal sealed class EnsembleMean(int members)
{
    private readonly float _share = 1f / members;
    private float[] _one = [];

    /// <summary>Where a member's outputs go, in place of <paramref name="mean"/>.</summary>
    public Span<float> Of(int member, Span<float> mean)
    {
        if (member == 0) return mean;
        if (_one.Length < mean.Length) _one = new float[mean.Length];
        return _one.AsSpan(0, mean.Length);
    }

    /// <summary>Takes a member's outputs; behind the last one, the mean is there.</summary>
    public void Add(int member, Span<float> mean)
    {
        if (member == 0) return;
        bool isLast = member == members - 1;
        for (int i = 0; i < mean.Length; i++)
        {
            float sum = mean[i] + _one[i];
            mean[i] = isLast ? sum * _share : sum;
        }
    }
}
