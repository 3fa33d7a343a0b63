using System.Diagnostics;
using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;

namespace Realtime.Daemon.Backtesting;

/// <summary>Is told of each prediction, a stream's in the order of its rows.</summary>
/// <param name="series">Index of the series.</param>
/// <param name="row">The row that the prediction was made from.</param>
/// <param name="prediction">Overwritten by the next.</param>
internal delegate void RowPredicted(int series, int row, PublishedPrediction prediction);

/// <summary>
/// Takes recorded series through the frame loop of the daemon in a world of their own: a tick goes in as a message, its
/// prediction is what a subscriber would get, before the stream's next tick is known.
/// </summary>
internal sealed class FrameBacktest : IDisposable
{
    /// <summary>Ticks put into one frame: many, as in a daemon under load; no bit depends on it.</summary>
    private const int FrameTicks = 64;

    private readonly World _world;
    private readonly FrameLoop _loop;
    private readonly RecordedPorts _ports = new();
    private readonly PublishedPrediction _prediction;
    private readonly List<double> _nanoseconds = [];

    /// <param name="model">Serves every series.</param>
    /// <param name="kernel">The CPU kernel.</param>
    /// <param name="streams">Series there will be.</param>
    public FrameBacktest(LoadedModel model, string kernel, int streams)
    {
        var facts = new DaemonFacts
        {
            Version = DaemonHost.Version,
            Engine = "cpu",
            Kernel = kernel,
            Limits = new Dictionary<string, long>(),
            Endpoints = new Dictionary<string, string>(),
        };
        // Compiled beforehand, so that steps take here what they take in a daemon.
        WarmUp.Run([model], kernel, 1, facts);
        var options = new LoopOptions { StreamsMax = Math.Max(1, streams) };
        _world = Worlds.Make([model], kernel, 1, options, epoch: 1);
        _loop = new FrameLoop(_world, options, new WorldReport(_world, facts), _ports, _ports, _ports);
        Model = model.Model;
        _prediction = new PublishedPrediction(
            Model.Forecast.Horizons.Length, Model.Forecast.Outputs.Length, Model.PublishedQuantiles);
    }

    public Model Model { get; }

    /// <summary>Ticks stepped.</summary>
    public long Ticks { get; private set; }

    /// <summary>Predictions with each flag, in the order of the flags' bits.</summary>
    public long[] Flagged { get; } = new long[5];

    /// <summary>Nanoseconds of the whole loop per tick: the median over frames.</summary>
    public double NanosecondsPerStep
    {
        get
        {
            _nanoseconds.Sort();
            return _nanoseconds.Count == 0 ? double.NaN : _nanoseconds[_nanoseconds.Count / 2];
        }
    }

    /// <summary>Bytes that a stream of the model takes, its name and order included.</summary>
    public long BytesPerStream => _world.Models[0].StreamBytes + StreamTable.BytesPerStream;

    /// <summary>Steps all series side by side, row by row.</summary>
    /// <exception cref="InvalidDataException">The loop did not take a row.</exception>
    public void Run(IReadOnlyList<BacktestSeries> series, RowPredicted predicted, CancellationToken stop = default)
    {
        var rows = series.Count == 0 ? 0 : series.Max(static one => one.Rows);
        var waiting = 0;
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < series.Count; i++)
            {
                var one = series[i];
                if (row >= one.Rows)
                    continue;
                _ports.Add(i, one.ValuesOf(row), (ulong)row + 1, one.Times.Count == 0 ? null : one.Times[row]);
                if (++waiting < FrameTicks)
                    continue;
                stop.ThrowIfCancellationRequested();
                RunFrames(waiting, series, predicted);
                waiting = 0;
            }
        }

        RunFrames(waiting, series, predicted);
    }

    public void Dispose() => _world.Dispose();

    private void RunFrames(int ticks, IReadOnlyList<BacktestSeries> series, RowPredicted predicted)
    {
        if (ticks == 0)
            return;
        var start = Stopwatch.GetTimestamp();
        while (_ports.Count < ticks && _loop.RunFrame())
        {
        }

        _nanoseconds.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / ticks);
        for (var i = 0; i < _ports.Count; i++)
        {
            var (stream, payload) = _ports.Prediction(i);
            if (!_prediction.TryRead(payload.Span))
                throw new InvalidDataException($"{series[stream].Name}: a prediction of another layout");
            Note(_prediction.Flags);
            predicted(stream, (int)(_prediction.Seq - 1), _prediction);
        }

        if (_ports.Count != ticks)
        {
            throw new InvalidDataException(
                $"{_ports.Count} of {ticks} rows were forecast from: {_ports.Fault ?? "the others were not taken"}");
        }

        Ticks += ticks;
        _ports.Clear();
    }

    private void Note(PredictionFlags flags)
    {
        for (var i = 0; i < Flagged.Length; i++)
            Flagged[i] += ((int)flags >> i) & 1;
    }
}
