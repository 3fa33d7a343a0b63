namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// Inverted dropout: 0 for a share of the values, 1 / (1 − rate) for the rest, so that the mean stays (N. Srivastava
/// et al.: Dropout, JMLR 15, 2014).
/// </summary>
internal static class DropMask
{
    public static void Fill(Span<float> mask, double rate, SplitMix64 random)
    {
        var kept = (float)(1 / (1 - rate));
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = random.NextDouble() < rate ? 0 : kept;
        }
    }
}
