namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// Ends training where the validation loss no longer falls (L. Prechelt: Early stopping, but when?, 1998).
/// </summary>
public sealed class EarlyStopping(int patience)
{
    /// <summary>The lowest loss so far.</summary>
    public double Best { get; private set; } = double.PositiveInfinity;

    /// <summary>The epoch that had it, from 0; −1 before the first.</summary>
    public int BestEpoch { get; private set; } = -1;

    /// <summary>Takes an epoch's loss; a NaN is never the best.</summary>
    /// <returns>Whether it is the best so far.</returns>
    public bool Offer(int epoch, double loss)
    {
        if (!(loss < Best))
        {
            return false;
        }
        (Best, BestEpoch) = (loss, epoch);
        return true;
    }

    /// <summary>Whether the patience is used up after an epoch.</summary>
    public bool EndsAfter(int epoch) => epoch - BestEpoch >= patience;
}
