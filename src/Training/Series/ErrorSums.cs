namespace Realtime.Training;

/// <summary>Sums of errors, and the measures that come from them; NaN before the first error.</summary>
public struct ErrorSums
{
    private double _squares;
    private double _sizes;

    public long Count { get; private set; }

    /// <summary>Mean squared error.</summary>
    public readonly double Mse => Count == 0 ? double.NaN : _squares / Count;

    /// <summary>Mean absolute error.</summary>
    public readonly double Mae => Count == 0 ? double.NaN : _sizes / Count;

    /// <summary>Root of the mean squared error.</summary>
    public readonly double Rmse => Math.Sqrt(Mse);

    public void Add(double error)
    {
        _squares += error * error;
        _sizes += Math.Abs(error);
        Count++;
    }

    public void Add(ErrorSums other)
    {
        _squares += other._squares;
        _sizes += other._sizes;
        Count += other.Count;
    }
}
