using Realtime.Cells;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>How each kind of task is trained where nothing else is asked for.</summary>
internal static class TaskDefaults
{
    // Longer series are learnt from in windows that carry the state.
    private const int LongestWhole = 1024;
    private const int CarriedWindow = 256;

    // As in the study behind these defaults: inputs of differences within ±6.
    private const double DifferenceClip = 6;

    private static readonly double[] Levels = [0.8, 0.95];

    public static ForecastTraining Of(TrainingData data)
    {
        var common = new ForecastTraining { Inputs = data.Inputs, Outputs = data.Outputs, Classes = data.Classes };
        return data.Kind switch
        {
            TaskKind.Remaining => Remaining(common, data),
            TaskKind.Classes => common with { IsOfOwnRow = true, HoldsOutSeries = data.Series.Count >= 5 },
            _ => Forecast(common, data),
        };
    }

    /// <summary>A little where there are few series to learn from.</summary>
    public static double WeightDecayOf(ForecastTraining defaults) => defaults.HoldsOutSeries ? 1e-4 : 0;

    private static ForecastTraining Forecast(ForecastTraining common, TrainingData data) => common with
    {
        Features = new NetworkFeatures(DifferenceClip).WithTimesOf(data.Series),
        Adapt = data.OutputsAreInputs ? new AdaptOptions() : null,
        Intervals = data.OutputsAreInputs ? Levels : [],
    };

    // What is left shows at the end of a series only: whole series are learnt from, and others validate.
    private static ForecastTraining Remaining(ForecastTraining common, TrainingData data)
    {
        var longest = data.Series.Max(static one => one.Rows);
        var whole = longest <= LongestWhole;
        return common with
        {
            IsOfOwnRow = true,
            HoldsOutSeries = true,
            TakesWholeSeries = whole,
            Window = whole ? longest : CarriedWindow,
            CarriesState = !whole,
            WarmUp = 0,
            Rows = 4,
            Averaging = 0.98,
        };
    }
}
