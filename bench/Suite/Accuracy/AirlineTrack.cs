using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// The forecasting track of deep-river: airline passengers by month, three months ahead, 12 months of grace, 129
/// evaluations. The forecast of month t is made before its value is learnt and compared with the three values behind
/// it: horizons 2, 3 and 4 of the month before.
/// </summary>
internal static class AirlineTrack
{
    private const int Grace = 12;
    private const int Ahead = 3;
    private const int Season = 12;

    public static void Run(BenchContext context, RecordedData data)
    {
        Console.WriteLine("# Airline passengers, 3 months ahead, grace 12, MAE over the horizon");
        var series = data.Read(data.Default.Model, "airline/airline-passengers.csv", header: false);
        Console.WriteLine("                                          model  persistence  24-lag RLS  seasonal naive");
        var track = Score(data, series, late: 1);
        Print("as the track does (value of t unknown)", track);
        Print("from the value of t on", Score(data, series, late: 0));
        Console.WriteLine("published: SNARIMAX 32.8, Holt-Winters 39.4, N-BEATS 48.5, linear 57.7, GRU(32) 294.1, "
            + "RNN 294.7, LSTM 295.1");
        AccuracyTables.Claim(context, "airline-mae", track[0]);
    }

    private static void Print(string name, double[] errors) => Console.WriteLine(FormattableString.Invariant(
        $"{name,-40} {errors[0],6:f1} {errors[1],12:f1} {errors[2],11:f1} {errors[3],15:f1}"));

    // Mean absolute errors: the model's, then those of the baselines.
    private static double[] Score(RecordedData data, IReadOnlyList<BacktestSeries> series, int late)
    {
        var horizons = data.Default.Model.Forecast.Horizons;
        var errors = new double[4];
        var count = 0;
        data.Run(data.Default, series, new BacktestPlan { Season = Season }, _ => (in ScoredForecast one) =>
        {
            var horizon = horizons[one.Horizon] - late;
            var month = one.Row - horizon;
            if (horizon is < 1 or > Ahead || month < Grace || month >= series[0].Rows - Ahead)
                return;
            errors[0] += Math.Abs(one.Forecast[0] - one.Actual);
            errors[1] += Math.Abs(one.Baselines[SeriesScore.Persistence] - one.Actual);
            errors[2] += Math.Abs(one.Baselines[SeriesScore.Linear] - one.Actual);
            errors[3] += Math.Abs(one.Baselines[SeriesScore.Seasonal] - one.Actual);
            count++;
        });
        return [.. errors.Select(error => error / count)];
    }
}
