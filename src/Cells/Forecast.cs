namespace Realtime.Cells;

/// <summary>
/// What the head's outputs mean. A forecaster's are laid out [horizon][output][1 + quantiles], mean first; a classifier
/// has classes and nothing else.
/// </summary>
public sealed class Forecast
{
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

    /// <summary>Levels in (0, 1), ascending; often none.</summary>
    public double[] Quantiles { get; }

    /// <summary>How outputs that are not inputs are mapped back; null: they are not.</summary>
    public OutputScale? Scale { get; }

    /// <summary>A classifier's class names; null for a forecaster.</summary>
    public string[]? Classes { get; }

    /// <summary>Floats the head must give: horizons · outputs · (1 + quantiles).</summary>
    public long HeadSize => (long)Horizons.Length * Outputs.Length * (1 + Quantiles.Length);

    public static Forecast Of(
        int[] horizons, string[] outputs, double[]? quantiles = null, OutputScale? scale = null) =>
        new(horizons, outputs, quantiles ?? [], scale, null);

    public static Forecast OfClasses(params string[] classes) => new([], [], [], null, classes);
}

/// <summary>
/// value = mean + std · network output, one pair per output of the forecast. The pair of an output that is an input is
/// not used: that one is mapped back by the normalisation.
/// </summary>
public sealed record OutputScale(double[] Mean, double[] Std);
