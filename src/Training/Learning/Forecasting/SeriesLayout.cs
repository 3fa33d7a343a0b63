namespace Realtime.Training.Learning.Forecasting;

/// <summary>Which columns of a series are inputs of the network, and which are its targets.</summary>
internal sealed class SeriesLayout
{
    public SeriesLayout(ForecastTraining training, int columns)
    {
        var all = Enumerable.Range(0, columns);
        Inputs = training.Inputs ?? [.. all];
        Outputs = training.Outputs ?? Inputs;
        Features = training.Features;
        HasClasses = training.Classes.Count > 0;
        InputOfOutput = [.. Outputs.Select(output => Inputs.ToList().IndexOf(output))];
        Width = Inputs.Count + Features.WidthFor(this);
    }

    /// <summary>Columns by number.</summary>
    public IReadOnlyList<int> Inputs { get; }

    /// <summary>Columns by number.</summary>
    public IReadOnlyList<int> Outputs { get; }

    /// <summary>The place of each output among the inputs; −1 where it is none.</summary>
    public IReadOnlyList<int> InputOfOutput { get; }

    public NetworkFeatures Features { get; }

    /// <summary>Whether the only output is the number of a class.</summary>
    public bool HasClasses { get; }

    /// <summary>Numbers of a row that the network takes.</summary>
    public int Width { get; }
}
