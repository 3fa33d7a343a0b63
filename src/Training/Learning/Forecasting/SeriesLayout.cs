namespace Realtime.Training.Learning.Forecasting;

/// <summary>Which columns of a series are inputs of the network, and which are its targets.</summary>
internal sealed class SeriesLayout
{
    public SeriesLayout(ForecastTraining training, IReadOnlyList<string> columns)
    {
        Inputs = training.Inputs ?? [.. Enumerable.Range(0, columns.Count)];
        Outputs = training.Outputs ?? Inputs;
        HasClasses = training.Classes.Count > 0;
        InputNames = [.. Inputs.Select(i => columns[i])];
        OutputNames = [.. Outputs.Select(i => columns[i])];
        OutputsAreInputs = !HasClasses && Outputs.All(Inputs.Contains);
    }

    /// <summary>Columns by number.</summary>
    public IReadOnlyList<int> Inputs { get; }

    /// <summary>Columns by number.</summary>
    public IReadOnlyList<int> Outputs { get; }

    public string[] InputNames { get; }
    public string[] OutputNames { get; }

    /// <summary>Whether every output comes in as a value, too.</summary>
    public bool OutputsAreInputs { get; }

    /// <summary>Whether the only output is the number of a class.</summary>
    public bool HasClasses { get; }
}
