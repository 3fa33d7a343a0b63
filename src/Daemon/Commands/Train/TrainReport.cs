using Realtime.Training;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>How training came out, beside forecasts that need none.</summary>
internal static class TrainReport
{
    public static void WriteSummary(TextWriter output, TrainedForecaster result, TrainingData data, string path)
    {
        var ended = result.WasCancelled ? "ended on request" : "ended";
        output.WriteLine($"{ended} after {result.Epochs.Count} epochs; the best was number {result.BestEpoch}");
        switch (data.Kind)
        {
            case TaskKind.Classes:
                WriteClasses(output, result.Errors[0], data);
                break;
            case TaskKind.Remaining:
                WriteRemaining(output, result, data);
                break;
            default:
                WriteForecasts(output, result);
                break;
        }

        output.WriteLine($"wrote {path}, {result.File.Length} bytes");
    }

    private static void WriteForecasts(TextWriter output, TrainedForecaster result)
    {
        output.WriteLine("mean squared errors of the rows that judge, in standard deviations of the rows learnt from");
        var seasonal = result.Errors.Any(static errors => errors.SeasonalNaive.Count > 0);
        var adaptive = result.AdaptiveErrors.Count > 0;
        var table = new TextTable([">horizon", ">model", ">persistence", ">ratio",
            .. Only(adaptive, ">adaptive"), .. Only(seasonal, ">seasonal naive")]);
        for (var i = 0; i < result.Errors.Count; i++)
        {
            var errors = result.Errors[i];
            table.Add([$"{errors.Horizon}", Text(errors.Model.Mse), Text(errors.Persistence.Mse),
                Text(errors.Model.Mse / errors.Persistence.Mse),
                .. Only(adaptive, adaptive ? Text(result.AdaptiveErrors[i].Mse) : ""),
                .. Only(seasonal, Text(errors.SeasonalNaive.Mse))]);
        }

        table.WriteTo(output);
        if (result.Adapt is { } adapt)
        {
            output.WriteLine(FormattableString.Invariant($"adaptive head: forgetting {adapt.Forgetting}, features ")
                + (adapt.WithInputs ? "hidden+inputs" : "hidden"));
        }
    }

    private static void WriteRemaining(TextWriter output, TrainedForecaster result, TrainingData data)
    {
        var (errors, std) = (result.Errors[0], result.OutputStd[0]);
        output.WriteLine($"of {data.Series.Count} series some that were not learnt from judge, at each of their rows; "
            + "root mean squared errors in rows");
        WriteBoth(output, std * errors.Model.Rmse, "always the mean", std * errors.Constant.Rmse);
    }

    private static void WriteClasses(TextWriter output, HorizonErrors errors, TrainingData data)
    {
        output.WriteLine($"share of rows that judge given a wrong one of {data.Classes.Count} classes: "
            + string.Join(", ", data.Classes));
        WriteBoth(output, errors.Model.Mse, "always the most frequent", errors.Constant.Mse);
    }

    private static void WriteBoth(TextWriter output, double model, string constant, double other)
    {
        var table = new TextTable(">model", $">{constant}", ">ratio");
        table.Add(Text(model), Text(other), Text(model / other));
        table.WriteTo(output);
    }

    private static string[] Only(bool wanted, string text) => wanted ? [text] : [];

    private static string Text(double value) => FormattableString.Invariant($"{value:f4}");
}
