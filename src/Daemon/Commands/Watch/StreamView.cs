using Realtime.Protocol;

namespace Realtime.Daemon.Commands;

/// <summary>One stream as shown; numbers are NaN where there are none.</summary>
internal sealed record StreamView
{
    public required string Name { get; init; }
    public required string Trend { get; init; }

    /// <summary>The last tick's.</summary>
    public double Value { get; init; }

    /// <summary>What had been forecast for the last tick.</summary>
    public double Forecast { get; init; }
    public double Mae { get; init; }
    public double PersistenceMae { get; init; }

    /// <summary>What is forecast for the next tick.</summary>
    public double Next { get; init; }

    /// <summary>A classifier's likeliest class.</summary>
    public string? Class { get; init; }
    public PredictionFlags Flags { get; init; }

    /// <summary>The last tick's anomaly score.</summary>
    public double Score { get; init; } = double.NaN;

    public long Ticks { get; init; }

    /// <summary>Ticks per second.</summary>
    public double Rate { get; init; }

    /// <summary>Nanoseconds from the tick's time to the prediction's arrival here, as are the others.</summary>
    public double MedianAge { get; init; }
    public double HighAge { get; init; }

    public double Error => Value - Forecast;

    /// <summary>The class, or the number forecast.</summary>
    public string NextText => Class ?? ShortText.Number(Next);

    public string ScoreText => double.IsNaN(Score) ? "" : FormattableString.Invariant($"{Score:0.00}");

    public string FlagsText => Flags == PredictionFlags.None
        ? ""
        : Flags.ToString().ToLowerInvariant().Replace(",", "", StringComparison.Ordinal);
}
