namespace Realtime.Training.Learning;

/// <summary>y = exp(a − max a) / Σ exp(a − max a).</summary>
internal static class Softmax
{
    /// <summary>In place.</summary>
    /// <returns>log Σ exp a.</returns>
    public static double Of(Span<float> a)
    {
        var largest = float.NegativeInfinity;
        foreach (var value in a)
        {
            largest = Math.Max(largest, value);
        }
        double total = 0;
        foreach (var value in a)
        {
            total += Math.Exp(value - largest);
        }
        foreach (ref var value in a)
        {
            value = (float)(Math.Exp(value - largest) / total);
        }
        return largest + Math.Log(total);
    }
}
