using Realtime.Cells;
using Realtime.Cells.Adaptive;
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
    private readonly SeriesLayout _layout;
    private readonly SeriesScale _scale;
    private readonly IReadOnlyList<RecordedSeries> _recorded;
    private readonly ScaledSeries[] _series;
    private readonly Loss _loss;
    private readonly Learner _learner;
    private readonly Learner _judge;
    private readonly Optimiser _optimiser;
    private readonly WindowPlan _plan;
    private readonly BatchFiller _filler;
    private readonly Batch _batch;
    private readonly byte[] _fingerprint;
    private readonly List<EpochReport> _epochs = [];
    private EarlyStopping _stopping;
    private IReadOnlyList<Layer> _best;

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
        (_training, _recorded) = (training, series);
        _layout = new SeriesLayout(training, columns);
        var trainRows = training.TrainRowsOf(series);
        _scale = SeriesScale.Of(series, trainRows, _layout);
        _loss = LossOf(training);
        var layers = MakeLayers();
        var model = Model.Read(FileOf(layers), training.Name);
        if (OnlineForecaster.Wanted(model))
        {
            // It refuses what is too large for it: better now than when all is learnt.
            _ = new OnlineForecaster(model, new Preprocessor(model));
        }
        _series = [.. series.Select((one, i) => new ScaledSeries(one, _layout, _scale, model, trainRows[i]))];
        _learner = new Learner(layers, _loss, new(training.Rows, training.Window, training.Threads,
            training.CarriesState, training.RecurrentDropout, training.Seed, training.Averaging));
        _judge = new Learner(layers, _loss, new(training.Rows, training.Window, training.Threads));
        _optimiser = training.Optimiser();
        _plan = new WindowPlan(_series, training);
        _filler = new BatchFiller(_series, training, _layout);
        _batch = _filler.Make();
        _fingerprint = TrainingFingerprint.Of(training, model.Digest, series);
        _stopping = new EarlyStopping(training.Patience);
        _best = layers;
    }

    /// <summary>What <see cref="Resume"/> goes on from: training as it was after the last epoch; empty before the
    /// first.</summary>
    public ReadOnlyMemory<byte> Checkpoint { get; private set; }

    /// <summary>The best model so far, with the first weights before the first epoch.</summary>
    public Model Best => Model.Read(FileOf(_best), _training.Name);

    /// <summary>Takes up training where a checkpoint was made: it comes to the same result.</summary>
    /// <exception cref="InvalidDataException">It is none, or one of other series or options.</exception>
    public void Resume(ReadOnlyMemory<byte> checkpoint)
    {
        using var reader = new BinaryReader(new MemoryStream(checkpoint.ToArray()));
        try
        {
            var found = reader.ReadBytes(_fingerprint.Length);
            if (!found.AsSpan().SequenceEqual(_fingerprint))
            {
                throw new InvalidDataException(
                    "expected a checkpoint of the same data and options, found one of others");
            }
            Pass(new Passage(reader));
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("expected a checkpoint, found a part of one", e);
        }
        Checkpoint = checkpoint;
    }

    /// <summary>Trains until the epochs or the patience are used up, or it is cancelled after the first
    /// epoch.</summary>
    /// <exception cref="ArgumentException">No row to validate with.</exception>
    public TrainedForecaster Train(Action<EpochReport>? report = null, CancellationToken cancellation = default)
    {
        var hasEnded = _epochs.Count >= _training.Epochs;
        while (!hasEnded)
        {
            var epoch = _epochs.Count;
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
            var isBest = _stopping.Offer(epoch, validation.Mean);
            _best = isBest ? layers : _best;
            _epochs.Add(new(epoch + 1, loss.Mean, validation.Mean, rate, isBest));
            Checkpoint = MakeCheckpoint();
            report?.Invoke(_epochs[^1]);
            // Weights that are no numbers never become any again.
            hasEnded = _stopping.EndsAfter(epoch) || !double.IsFinite(validation.Mean)
                || _epochs.Count == _training.Epochs;
        }
        return Finish(cancelled: !hasEnded);
    }

    public void Dispose()
    {
        _learner.Dispose();
        _judge.Dispose();
    }

    private TrainedForecaster Finish(bool cancelled)
    {
        if (_stopping.BestEpoch < 0)
        {
            throw new ArgumentException("training diverged in its first epoch: try a lower rate or a smaller clip");
        }
        var errors = new ForecastErrors(_series, _training, _layout.Outputs.Count) { MostFrequent = MostFrequent() };
        Validate(_best, errors);
        var (adapt, adaptive) = ChooseAdapt();
        return new(FileOf(_best, adapt), [.. _epochs], _stopping.BestEpoch + 1, errors.ByHorizon, cancelled)
        {
            OutputStd = _scale.OutputStd,
            Adapt = adapt,
            AdaptiveErrors = adaptive,
        };
    }

    private (AdaptOptions? Adapt, IReadOnlyList<ErrorSums> Errors) ChooseAdapt()
    {
        if (_training.Adapt is not { } first)
        {
            return (null, []);
        }
        var candidates = _training.ChoosesAdapt ? AdaptChoice.CandidatesFor(first) : [first];
        return new AdaptChoice(_recorded, _series, _layout).Best(Best, candidates, _training.Threads);
    }

    private byte[] MakeCheckpoint()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(_fingerprint);
        Pass(new Passage(writer));
        writer.Flush();
        return bytes.ToArray();
    }

    private void Pass(Passage passage)
    {
        _learner.Pass(passage);
        _optimiser.Pass(passage);
        var best = passage.IsReading ? [] : FileOf(_best);
        passage.Bytes(ref best);
        _best = passage.IsReading ? Model.Read(best, "checkpoint").Layers : _best;
        var count = _epochs.Count;
        passage.Whole(ref count);
        if (passage.IsReading)
        {
            _epochs.Clear();
            _stopping = new EarlyStopping(_training.Patience);
        }
        for (var epoch = 0; epoch < count; epoch++)
        {
            PassEpoch(passage, epoch);
        }
    }

    private void PassEpoch(Passage passage, int epoch)
    {
        var (loss, validation, rate) = passage.IsReading
            ? default
            : (_epochs[epoch].Loss, _epochs[epoch].ValidationLoss, _epochs[epoch].Rate);
        passage.Number(ref loss);
        passage.Number(ref validation);
        passage.Number(ref rate);
        if (passage.IsReading)
        {
            _epochs.Add(new(epoch + 1, loss, validation, rate, _stopping.Offer(epoch, validation)));
        }
    }

    private byte[] FileOf(IReadOnlyList<Layer> layers) => FileOf(layers, _training.Adapt);

    private byte[] FileOf(IReadOnlyList<Layer> layers, AdaptOptions? adapt) =>
        ModelWriter.Write(_training.Name, _layout.InputNames, _scale.Inputs, layers, MakeForecast(), new()
        {
            Features = FeaturesOf(),
            Adapt = adapt,
            Intervals = _training.Intervals,
        });

    private IReadOnlyList<Feature> FeaturesOf() =>
        _training.Features.ToFeatures(_layout.InputNames, _layout.OutputNames, _scale.InputDifferenceStd);

    private Forecast MakeForecast()
    {
        if (_layout.HasClasses)
        {
            return Forecast.OfClasses([.. _training.Classes]);
        }
        var scale = _layout.OutputNames.All(_layout.InputNames.Contains)
            ? null
            : new OutputScale(_scale.OutputMean, _scale.OutputStd);
        var forecast = Forecast.Of([.. _training.Horizons], _layout.OutputNames, [.. _training.Quantiles], scale);
        var needsScale = _layout.OutputsAreInputs && (_training.Target == ForecastTarget.Difference
            || _training.Adapt is not null || FeaturesOf().Any(feature => feature is DifferenceFeature));
        return forecast.With(_training.Target,
            distribution: _training.IsNormal ? ForecastDistribution.Normal : ForecastDistribution.None,
            differenceStd: needsScale ? _scale.DifferenceStd : null);
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
        var size = _layout.Inputs.Count + FeaturesOf().Sum(feature => feature.Width);
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
