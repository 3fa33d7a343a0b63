namespace Realtime.Cells.Vectors;

/// <summary>Streams on their way through the stack together.</summary>
internal unsafe struct StreamGroup
{
    public const int Most = 24;

    /// <summary>1 to <see cref="Most"/>.</summary>
    public int Count;

    /// <summary>State rows of the streams, and behind them of those that come next.</summary>
    public float** States;

    /// <summary>How many state rows are there.</summary>
    public int Known;
}
