using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>The recurrent layers a forecaster can be made of.</summary>
public enum CellKind
{
    Gru,
    GruResetBefore,
    Lstm,
    RnnTanh,
    RnnRelu,
}

/// <summary>What a forecaster is made of, and how it is trained.</summary>
public sealed record ForecastTraining
{
    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "forecaster";

    public CellKind Cell { get; init; } = CellKind.Gru;

    /// <summary>Units of each recurrent layer.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Recurrent layers.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>In rows, ascending, from 1.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [1];

    /// <summary>The columns that are forecast, by number; null for all.</summary>
    public IReadOnlyList<int>? Outputs { get; init; }

    /// <summary>Levels of quantiles that are forecast beside the value; ascending, in (0, 1).</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    /// <summary>Of the value; quantiles are under the pinball loss.</summary>
    public PointLoss Loss { get; init; } = new SquaredLoss();

    /// <summary>Makes a new one, since it remembers.</summary>
    public Func<Optimiser> Optimiser { get; init; } = () => new Adam();

    public double Rate { get; init; } = 3e-3;
    public RateSchedule Schedule { get; init; } = new CosineRate();

    /// <summary>The gradient is shortened to this norm; infinity leaves it.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>The share of values dropped between layers.</summary>
    public double Dropout { get; init; }

    /// <summary>The share of h that recurrent weights do not see.</summary>
    public double RecurrentDropout { get; init; }

    /// <summary>Steps back-propagation goes back.</summary>
    public int Window { get; init; } = 128;

    /// <summary>Steps at the beginning of a window that begins within a series, which do not count.</summary>
    public int WarmUp { get; init; } = 16;

    /// <summary>Windows that go through the network together.</summary>
    public int Rows { get; init; } = 16;

    /// <summary>Whether states are carried from window to window, or each begins at zero.</summary>
    public bool CarriesState { get; init; }

    public int Epochs { get; init; } = 100;

    /// <summary>Training ends after so many epochs without a better validation loss.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>The share of each series, at its end, that is not learnt from.</summary>
    public double ValidationShare { get; init; } = 0.2;

    /// <summary>Rows after which seasonal naive repeats itself; null without.</summary>
    public int? Season { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>The same seed, series and options give the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The same with epochs for about 2,000 steps of the optimiser over so many rows, at least 30 and at most 1,000
    /// epochs, and a fifth of them as the patience: short series need more epochs than long ones.
    /// </summary>
    public ForecastTraining WithEpochsFor(long rows)
    {
        var windows = Math.Ceiling(rows * (1 - ValidationShare) / Math.Max(1, Window - WarmUp));
        var epochs = (int)Math.Clamp(2_000 / Math.Ceiling(Math.Max(1, windows) / Rows), 30, 1_000);
        return this with { Epochs = epochs, Patience = Math.Max(20, epochs / 5) };
    }

    /// <exception cref="ArgumentException">A value that makes no sense.</exception>
    internal void Check(int columns)
    {
        Require(Hidden >= 1 && Layers >= 1, $"expected at least one layer and unit, found {Layers} and {Hidden}");
        Require(Horizons.Count > 0 && Horizons[0] >= 1 && Ascends(Horizons),
            $"expected ascending horizons from 1, found {string.Join(", ", Horizons)}");
        Require(Quantiles.All(level => level is > 0 and < 1) && Ascends(Quantiles),
            $"expected ascending quantiles between 0 and 1, found {string.Join(", ", Quantiles)}");
        Require(WarmUp >= 0 && Window > WarmUp, $"expected a window above the warm-up of {WarmUp}, found {Window}");
        Require(Rows >= 1 && Epochs >= 1 && Patience >= 1 && Threads >= 1,
            "expected at least one row, epoch, epoch of patience and thread");
        Require(Dropout is >= 0 and < 1, $"expected 0 <= dropout < 1, found {Dropout}");
        Require(Dropout == 0 || Layers > 1, "dropout is between layers: expected at least two layers, found one");
        Require(RecurrentDropout is >= 0 and < 1, $"expected 0 <= recurrent dropout < 1, found {RecurrentDropout}");
        Require(Rate > 0 && Clip > 0, $"expected a rate and a clip above 0, found {Rate} and {Clip}");
        Require(ValidationShare is > 0 and < 1, $"expected 0 < validation share < 1, found {ValidationShare}");
        Require(Outputs is null || (Outputs.Count > 0 && Outputs.All(output => (uint)output < (uint)columns)),
            $"expected outputs among the {columns} columns");
        Require(Season is null or >= 1, $"expected a season of at least one row, found {Season}");
    }

    private static bool Ascends<T>(IReadOnlyList<T> values) where T : IComparable<T> =>
        Enumerable.Range(1, Math.Max(values.Count - 1, 0)).All(i => values[i].CompareTo(values[i - 1]) > 0);

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
