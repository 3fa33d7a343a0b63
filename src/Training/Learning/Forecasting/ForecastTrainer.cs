using Realtime.Cells;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// Trains a forecaster on recorded series: the beginning of each is learnt from, its end validates, and the weights of
/// the best epoch are the model's. Inputs are scaled by fixed means and standard deviations of the rows learnt from.
/// </summary>
public sealed class ForecastTrainer : IDisposable
{
    private readonly ForecastTraining _training;
    private readonly IReadOnlyList<string> _columns;
    private readonly SeriesLayout _layout;
    private readonly SeriesScale _scale;
    private readonly ScaledSeries[] _series;
    private readonly Loss _loss;
    private readonly Learner _learner;
    private readonly Learner _judge;
    private readonly Optimiser _optimiser;
    private readonly WindowPlan _plan;
    private readonly BatchFiller _filler;
    private readonly Batch _batch;

    /// <param name="columns">Names of the values of a row.</param>
    /// <param name="series">At least one, each with these columns.</param>
    /// <param name="training">How.</param>
    /// <exception cref="ArgumentException">Options that make no sense, or nothing to learn or validate
    /// from.</exception>
    public ForecastTrainer(
        IReadOnlyList<string> columns, IReadOnlyList<RecordedSeries> series, ForecastTraining training)
    {
        training.Check(columns.Count);
        if (series.Count == 0 || series.Any(one => one.Columns != columns.Count))
        {
            throw new ArgumentException($"expected series of {columns.Count} columns", nameof(series));
        }
        (_columns, _training) = (columns, training);
        _layout = new SeriesLayout(training, columns.Count);
        var trainRows = training.TrainRowsOf(series);
        _scale = SeriesScale.Of(series, trainRows, _layout);
        _series = [.. series.Select((one, i) => new ScaledSeries(one, _layout, _scale, trainRows[i]))];
        _loss = LossOf(training);
        var layers = MakeLayers();
        _learner = new Learner(layers, _loss, new(training.Rows, training.Window, training.Threads,
            training.CarriesState, training.RecurrentDropout, training.Seed, training.Averaging));
        _judge = new Learner(layers, _loss, new(training.Rows, training.Window, training.Threads));
        _optimiser = training.Optimiser();
        _plan = new WindowPlan(_series, training);
        _filler = new BatchFiller(_series, training, _layout);
        _batch = _filler.Make();
    }

    /// <summary>Trains until the epochs or the patience are used up, or it is cancelled after the first
    /// epoch.</summary>
    /// <exception cref="ArgumentException">No row to validate with.</exception>
    public TrainedForecaster Train(Action<EpochReport>? report = null, CancellationToken cancellation = default)
    {
        var stopping = new EarlyStopping(_training.Patience);
        var epochs = new List<EpochReport>();
        var best = _learner.Layers();
        for (var epoch = 0; epoch < _training.Epochs; epoch++)
        {
            var (loss, rate) = LearnEpoch(epoch, epoch == 0 ? default : cancellation);
            if (epoch > 0 && cancellation.IsCancellationRequested)
            {
                break;
            }
            var layers = _learner.Layers();
            var validation = Validate(layers, null);
            if (validation.Count == 0)
            {
                throw new ArgumentException("found no row to validate with, expected longer series");
            }
            var isBest = stopping.Offer(epoch, validation.Mean);
            best = isBest ? layers : best;
            epochs.Add(new(epoch + 1, loss.Mean, validation.Mean, rate, isBest));
            report?.Invoke(epochs[^1]);
            // Weights that are no numbers never become any again.
            if (stopping.EndsAfter(epoch) || !double.IsFinite(validation.Mean))
            {
                break;
            }
        }
        return Finish(best, epochs, stopping.BestEpoch + 1, cancellation.IsCancellationRequested);
    }

    public void Dispose()
    {
        _learner.Dispose();
        _judge.Dispose();
    }

    private TrainedForecaster Finish(
        IReadOnlyList<Layer> best, List<EpochReport> epochs, int bestEpoch, bool cancelled)
    {
        if (bestEpoch == 0)
        {
            throw new ArgumentException("training diverged in its first epoch: try a lower rate or a smaller clip");
        }
        var errors = new ForecastErrors(_series, _training, _layout.Outputs.Count) { MostFrequent = MostFrequent() };
        Validate(best, errors);
        string[] inputs = [.. _layout.Inputs.Select(i => _columns[i])];
        var file = ModelWriter.Write(_training.Name, inputs, _scale.Inputs, best, MakeForecast());
        return new(file, epochs, bestEpoch, errors.ByHorizon, cancelled);
    }

    private Forecast MakeForecast()
    {
        if (_layout.HasClasses)
        {
            return Forecast.OfClasses([.. _training.Classes]);
        }
        var scale = _layout.InputOfOutput.All(input => input >= 0)
            ? null
            : new OutputScale(_scale.OutputMean, _scale.OutputStd);
        return Forecast.Of([.. _training.Horizons], [.. _layout.Outputs.Select(i => _columns[i])],
            [.. _training.Quantiles], scale);
    }

    private static Loss LossOf(ForecastTraining training) =>
        training.Classes.Count == 2 ? new BinaryCrossEntropy()
        : training.Classes.Count > 0 ? new CategoricalCrossEntropy()
        : training.IsNormal ? new GaussianLoss()
        : training.Quantiles.Count > 0 ? new PinballLoss(training.Quantiles, training.Loss)
        : training.Loss;

    private float MostFrequent() => !_layout.HasClasses ? 0 : _series
        .SelectMany(one => Enumerable.Range(0, one.TrainRows).Select(row => one.Value(row, 0)))
        .Where(value => !float.IsNaN(value)).GroupBy(value => value)
        .MaxBy(group => group.Count())?.Key ?? 0;

    private (LossSum Loss, double Rate) LearnEpoch(int epoch, CancellationToken cancellation)
    {
        var batches = (_training.CarriesState
            ? _plan.Carried()
            : _plan.Shuffled(SplitMix64.For(_training.Seed, 2, epoch))).ToArray();
        var (sum, rate) = (new LossSum(), 0.0);
        for (var i = 0; i < batches.Length && !cancellation.IsCancellationRequested; i++)
        {
            _filler.Fill(_batch, batches[i]);
            var loss = _learner.Gradient(_batch);
            if (loss.Count == 0)
            {
                continue;
            }
            sum.Add(loss);
            _learner.ClipGradient(_training.Clip);
            var progress = (epoch + (double)i / batches.Length) / _training.Epochs;
            rate = _training.Rate * _training.Schedule.FactorAt(progress, epoch);
            _learner.Step(_optimiser, rate);
        }
        return (sum, rate);
    }

    private LossSum Validate(IReadOnlyList<Layer> layers, ForecastErrors? errors)
    {
        _judge.Load(layers);
        var sum = new LossSum();
        foreach (var windows in _plan.Validation())
        {
            _filler.Fill(_batch, windows);
            sum.Add(_judge.Evaluate(_batch));
            for (var row = 0; errors is not null && row < windows.Length; row++)
            {
                if (windows[row] is { } window)
                {
                    errors.Add(window, _batch, row, _judge, _loss.OutputsPerTarget);
                }
            }
        }
        return sum;
    }

    private List<Layer> MakeLayers()
    {
        var make = new Initialiser(_training.Seed);
        var layers = new List<Layer>();
        var size = _layout.Width;
        for (var i = 0; i < _training.Layers; i++)
        {
            if (i > 0 && _training.Dropout > 0)
            {
                layers.Add(new DropoutLayer($"dropout{i - 1}", size, _training.Dropout));
            }
            layers.Add(MakeCell(make, $"rnn{i}", size));
            size = _training.Hidden;
        }
        layers.Add(_training.Classes.Count switch
        {
            0 => make.Dense("head", size,
                _training.Horizons.Count * _layout.Outputs.Count * _loss.OutputsPerTarget),
            2 => make.Dense("head", size, 1, Activation.Sigmoid),
            var classes => make.Dense("head", size, classes, Activation.Softmax),
        });
        return layers;
    }

    private Layer MakeCell(Initialiser make, string name, int inputs) => _training.Cell switch
    {
        CellKind.Gru => make.Gru(name, inputs, _training.Hidden),
        CellKind.GruResetBefore => make.Gru(name, inputs, _training.Hidden, resetAfter: false),
        CellKind.Lstm => make.Lstm(name, inputs, _training.Hidden),
        CellKind.RnnTanh => make.Rnn(name, inputs, _training.Hidden),
        _ => make.Rnn(name, inputs, _training.Hidden, Activation.Relu),
    };
}
