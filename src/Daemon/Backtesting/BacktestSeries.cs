using System.Runtime.InteropServices;

namespace Realtime.Daemon.Backtesting;

/// <summary>What one stream would bring, whole, and what its forecasts are compared with.</summary>
/// <param name="Name">Of the file, and of its group or column where it has several.</param>
/// <param name="Inputs">Values per row.</param>
/// <param name="Outputs">Values forecast per row.</param>
internal sealed record BacktestSeries(string Name, int Inputs, int Outputs)
{
    /// <summary>[row][input]; NaN is missing.</summary>
    public List<double> Values { get; } = [];

    /// <summary>[row][output]: what forecasts for that row are compared with; NaN is missing.</summary>
    public List<double> Actual { get; } = [];

    /// <summary>Nanoseconds since 1970; empty where the file has no time.</summary>
    public List<long> Times { get; } = [];

    /// <summary>What forecasts are compared with is of the row itself: the rows left to the end.</summary>
    public bool IsOfOwnRow { get; init; }

    /// <summary>Which row of the file each is, from 0.</summary>
    public List<int> FileRows { get; } = [];

    /// <summary>What the errors of each output are divided by; null for 1.</summary>
    public double[]? Scale { get; set; }

    public int Rows => FileRows.Count;

    public ReadOnlySpan<double> ValuesOf(int row) =>
        CollectionsMarshal.AsSpan(Values).Slice(row * Inputs, Inputs);

    public ReadOnlySpan<double> ActualOf(int row) =>
        CollectionsMarshal.AsSpan(Actual).Slice(row * Outputs, Outputs);
}
