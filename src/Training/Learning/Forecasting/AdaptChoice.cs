using Realtime.Cells;
using Realtime.Cells.Adaptive;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// Settings of the adaptive head, by what streams would have forecast: every series goes through the model row by row,
/// as in the daemon, with each of a few settings; the errors over the rows that validate decide.
/// </summary>
internal sealed class AdaptChoice(
    IReadOnlyList<RecordedSeries> series, IReadOnlyList<ScaledSeries> scaled, SeriesLayout layout)
{
    // A head has learnt what it can by then; more would only cost time.
    private const int RowsBefore = 20_000;
    private const long MostRows = 60_000;

    private static readonly double[] Forgettings = [0.9998, 0.9995, 0.999, 1];
    private static readonly bool[] WithInputs = [false, true];

    /// <summary>Those tried. The first, which is the model's own, stays where no other is better.</summary>
    public static IReadOnlyList<AdaptOptions> CandidatesFor(AdaptOptions first) =>
        [.. new[] { first }.Concat(
            from forgetting in Forgettings
            from inputs in WithInputs
            select first with { Forgetting = forgetting, WithInputs = inputs }).Distinct()];

    /// <summary>The best of some settings, and its errors per horizon; in standard deviations of each output.</summary>
    public (AdaptOptions Options, ErrorSums[] Errors) Best(
        Model model, IReadOnlyList<AdaptOptions> candidates, int threads)
    {
        var errors = new ErrorSums[candidates.Count][];
        Parallel.For(0, candidates.Count, new ParallelOptions { MaxDegreeOfParallelism = threads },
            i => errors[i] = ErrorsOf(model, candidates[i]));
        var best = Enumerable.Range(0, candidates.Count).MinBy(i => RatioOf(errors[i], errors[0]));
        return (candidates[best], errors[best]);
    }

    // So that the longest horizon, whose errors are the largest, does not decide alone.
    private static double RatioOf(ErrorSums[] errors, ErrorSums[] first) => Enumerable.Range(0, errors.Length)
        .Average(h => first[h].Mse > 0 ? errors[h].Mse / first[h].Mse : 1);

    private ErrorSums[] ErrorsOf(Model model, AdaptOptions options)
    {
        using var engine = new CpuEngine(model, Kernels.Auto);
        engine.Grow(1);
        var stream = new OneStream(model, options, engine);
        var errors = new ErrorSums[model.Forecast.Horizons.Length];
        long rows = 0;
        for (var i = 0; i < series.Count && rows < MostRows; i++)
        {
            var from = Math.Max(0, scaled[i].TrainRows - RowsBefore);
            stream.Begin();
            for (var row = from; row < series[i].Rows; row++, rows++)
            {
                var prediction = stream.Step((ulong)(row - from + 1), series[i], row, layout);
                Score(model.Forecast, scaled[i], row, prediction, errors);
            }
        }
        return errors;
    }

    private static void Score(
        Forecast forecast, ScaledSeries one, int row, ReadOnlySpan<double> prediction, ErrorSums[] errors)
    {
        var outputs = forecast.Outputs.Length;
        var width = prediction.Length / (errors.Length * outputs);
        for (var h = 0; h < errors.Length; h++)
        {
            var target = row + (long)forecast.Horizons[h];
            for (var output = 0; target < one.Rows && row >= one.TrainRows && output < outputs; output++)
            {
                var actual = one.Value((int)target, output);
                if (!float.IsNaN(actual))
                {
                    var said = prediction[(h * outputs + output) * width];
                    errors[h].Add(one.ToScaled(said, output) - actual);
                }
            }
        }
    }

    /// <summary>The daemon's arithmetic for one stream.</summary>
    private sealed class OneStream(Model model, AdaptOptions options, CpuEngine engine)
    {
        private readonly Preprocessor _preprocessor = new(model);
        private readonly float[] _x = new float[model.NetworkInputCount];
        private readonly float[] _extra = new float[model.ExtraCount];
        private readonly float[] _hidden = new float[model.TopRecurrent!.Hidden];
        private readonly float[] _y = new float[model.OutputCount];
        private readonly double[] _values = new double[model.Inputs.Count];
        private readonly double[] _prediction = new double[model.PredictionCount];
        private OnlineForecaster _forecaster = null!;
        private double[] _preprocessing = [];
        private byte[] _memory = [];

        public void Begin()
        {
            _forecaster = new OnlineForecaster(model, _preprocessor, options);
            _preprocessing = new double[_preprocessor.MemoryDoubles];
            _preprocessor.Clear(_preprocessing);
            _memory = GC.AllocateArray<byte>(_forecaster.MemoryBytes, pinned: true);
            _forecaster.Clear(_memory);
            engine.Clear(0);
        }

        public ReadOnlySpan<double> Step(ulong seq, RecordedSeries series, int row, SeriesLayout layout)
        {
            for (var i = 0; i < _values.Length; i++)
            {
                _values[i] = series.Row(row)[layout.Inputs[i]];
            }
            _forecaster.Settle(seq, _values, _preprocessing, _memory);
            _preprocessor.Prepare(
                _values, series.Times?[row] ?? Preprocessor.NoTime, _preprocessing, _x, _extra);
            engine.Step([0], _x, _y);
            engine.ReadTop([0], _hidden);
            _forecaster.Finish(seq, _x, _extra, _hidden, _y, _preprocessing, _memory, _prediction);
            return _prediction;
        }
    }
}
