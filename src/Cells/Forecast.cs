namespace Realtime.Cells;

/// <summary>What the head forecasts of an output.</summary>
public enum ForecastTarget
{
    /// <summary>The normalised value itself.</summary>
    Value,

    /// <summary>d = (x_(t+H) − x_t) / s, with s the scale of the output's differences.</summary>
    Difference,
}

/// <summary>How the head tells of uncertainty.</summary>
public enum ForecastDistribution
{
    /// <summary>By quantiles, or not at all.</summary>
    None,

    /// <summary>A mean and the logarithm of a variance per horizon and output.</summary>
    Normal,
}

/// <summary>
/// What the head's outputs mean. A forecaster's are laid out [horizon][output][1 + quantiles], mean first, or [horizon]
/// [output][mean, logarithm of the variance]; a classifier has classes and nothing else.
/// </summary>
public sealed class Forecast
{
    /// <summary>Forecast differences are within ± this · s · √horizon, if not told.</summary>
    public const double DefaultClip = 6;

    private Forecast(int[] horizons, string[] outputs, double[] quantiles, OutputScale? scale, string[]? classes)
    {
        Horizons = horizons;
        Outputs = outputs;
        Quantiles = quantiles;
        Scale = scale;
        Classes = classes;
    }

    /// <summary>In ticks, ascending, each at least 1; empty for a classifier.</summary>
    public int[] Horizons { get; }

    /// <summary>What is forecast; a name of an input means that input. Empty for a classifier.</summary>
    public string[] Outputs { get; }

    /// <summary>Levels in (0, 1), ascending; often none. The head's own, or those of its distribution.</summary>
    public double[] Quantiles { get; }

    /// <summary>How outputs that are not inputs are mapped back; null: they are not.</summary>
    public OutputScale? Scale { get; }

    /// <summary>A classifier's class names; null for a forecaster.</summary>
    public string[]? Classes { get; }

    public ForecastTarget Target { get; private init; }

    /// <summary>Forecasts of differences are limited to ± this · √horizon, in units of s; above 0.</summary>
    public double Clip { get; private init; } = DefaultClip;

    public ForecastDistribution Distribution { get; private init; }

    /// <summary>
    /// s of each output, above 0, in the units of the values: of models whose normalisation is not running; null: none.
    /// </summary>
    public double[]? DifferenceStd { get; private init; }

    /// <summary>Floats the head gives per horizon and output.</summary>
    public int HeadWidth => Distribution == ForecastDistribution.Normal ? 2 : 1 + Quantiles.Length;

    /// <summary>Floats the head must give: horizons · outputs · <see cref="HeadWidth"/>.</summary>
    public long HeadSize => (long)Horizons.Length * Outputs.Length * HeadWidth;

    public static Forecast Of(
        int[] horizons, string[] outputs, double[]? quantiles = null, OutputScale? scale = null) =>
        new(horizons, outputs, quantiles ?? [], scale, null);

    public static Forecast OfClasses(params string[] classes) => new([], [], [], null, classes);

    /// <summary>The same forecast with what format 2 adds.</summary>
    public Forecast With(ForecastTarget target, double clip = DefaultClip,
        ForecastDistribution distribution = ForecastDistribution.None, double[]? differenceStd = null) =>
        new(Horizons, Outputs, Quantiles, Scale, Classes)
        {
            Target = target,
            Clip = clip,
            Distribution = distribution,
            DifferenceStd = differenceStd,
        };

    /// <summary>That of one output, for outputs that are alike.</summary>
    internal Forecast ForEach(string[] outputs) =>
        new(Horizons, outputs, Quantiles, null, null)
        {
            Target = Target,
            Clip = Clip,
            Distribution = Distribution,
            DifferenceStd = DifferenceStd is { } stds ? [.. outputs.Select(_ => stds[0])] : null,
        };

    internal bool IsOfFormat1 => Target == ForecastTarget.Value && Clip == DefaultClip
        && Distribution == ForecastDistribution.None && DifferenceStd is null;
}

/// <summary>
/// value = mean + std · network output, one pair per output of the forecast. The pair of an output that is an input is
/// not used: that one is mapped back by the normalisation.
/// </summary>
public sealed record OutputScale(double[] Mean, double[] Std);
