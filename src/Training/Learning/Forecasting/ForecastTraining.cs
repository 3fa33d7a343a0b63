using Realtime.Cells;
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
    /// <summary>Differences to be learnt are limited to ± this.</summary>
    public const float LongestTarget = 30;

    /// <summary>The model's name.</summary>
    public string Name { get; init; } = "forecaster";

    public CellKind Cell { get; init; } = CellKind.Gru;

    /// <summary>Units of each recurrent layer.</summary>
    public int Hidden { get; init; } = 32;

    /// <summary>Recurrent layers.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>In rows, ascending, from 1.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [1];

    /// <summary>The columns that the network takes, by number; null for all.</summary>
    public IReadOnlyList<int>? Inputs { get; init; }

    /// <summary>The columns that are forecast, by number; null for the inputs.</summary>
    public IReadOnlyList<int>? Outputs { get; init; }

    /// <summary>Names of the classes whose numbers the only output has; none for a forecaster of numbers.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Of differences only where every output is an input.</summary>
    public ForecastTarget Target { get; init; } = ForecastTarget.Value;

    /// <summary>The head that each stream learns for itself; null: none.</summary>
    public AdaptOptions? Adapt { get; init; }

    /// <summary>Whether its forgetting and its features are chosen by the rows that validate.</summary>
    public bool ChoosesAdapt { get; init; }

    /// <summary>Shares of values that the intervals of each stream are to hold, ascending.</summary>
    public IReadOnlyList<double> Intervals { get; init; } = [];

    /// <summary>Whether the target of a row is the row's own, as with classes or what remains, and not one
    /// ahead.</summary>
    public bool IsOfOwnRow { get; init; }

    public NetworkFeatures Features { get; init; } = new();

    /// <summary>Levels of quantiles that are forecast beside the value; ascending, in (0, 1).</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    /// <summary>Of the value; quantiles are under the pinball loss.</summary>
    public PointLoss Loss { get; init; } = new SquaredLoss();

    /// <summary>Whether the head gives a mean and the logarithm of a variance, under the Gaussian likelihood.</summary>
    public bool IsNormal { get; init; }

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

    /// <summary>Whether every sequence is a series from its beginning, which the window is to be long enough
    /// for.</summary>
    public bool TakesWholeSeries { get; init; }

    /// <summary>
    /// The weights kept are the exponentially weighted means of those of the last steps, each step with this share of
    /// the mean before it (B. Polyak, A. Juditsky: Acceleration of stochastic approximation by averaging, SIAM J.
    /// Control and Optimization 30, 1992); 0: those of the last step.
    /// </summary>
    public double Averaging { get; init; }

    /// <summary>The share of each series, at its end, that is not learnt from.</summary>
    public double ValidationShare { get; init; } = 0.2;

    /// <summary>Whether instead that share of the series validates, whole, drawn by the seed.</summary>
    public bool HoldsOutSeries { get; init; }

    /// <summary>Rows after which seasonal naive repeats itself; null without.</summary>
    public int? Season { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>The same seed, series and options give the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The same with epochs for about 2,000 steps of the optimiser over these series, at least 30 and at most 1,000
    /// epochs, and a fifth of them as the patience: short series need more epochs than long ones.
    /// </summary>
    public ForecastTraining WithEpochsFor(IReadOnlyList<RecordedSeries> series)
    {
        var windows = TakesWholeSeries
            ? series.Count * (1 - ValidationShare)
            : series.Sum(one => (double)one.Rows) * (1 - ValidationShare) / Math.Max(1, Window - WarmUp);
        var steps = Math.Ceiling(Math.Max(1, Math.Ceiling(windows)) / Rows);
        var epochs = (int)Math.Clamp(2_000 / steps, 30, 1_000);
        return this with { Epochs = epochs, Patience = Math.Max(20, epochs / 5) };
    }

    /// <summary>Rows from the present one to the target.</summary>
    internal int LeadOf(int horizon) => IsOfOwnRow ? 0 : Horizons[horizon];

    /// <summary>How many first rows of each series are learnt from.</summary>
    internal int[] TrainRowsOf(IReadOnlyList<RecordedSeries> series)
    {
        if (!HoldsOutSeries)
        {
            return [.. series.Select(one => (int)Math.Round(one.Rows * (1 - ValidationShare)))];
        }
        var order = Enumerable.Range(0, series.Count).ToArray();
        SplitMix64.For(Seed, 3).Shuffle(order.AsSpan());
        var heldOut = order[..Math.Max(1, (int)Math.Round(series.Count * ValidationShare))];
        return [.. series.Select((one, i) => heldOut.Contains(i) ? 0 : one.Rows)];
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
        Require(Inputs is null || (Inputs.Count > 0 && Inputs.All(input => (uint)input < (uint)columns)),
            $"expected inputs among the {columns} columns");
        Require(Averaging is >= 0 and < 1, $"expected 0 <= averaging < 1, found {Averaging}");
        Require(!IsOfOwnRow || Horizons is [1], "a target of the row's own has the one horizon 1");
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
