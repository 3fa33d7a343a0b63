using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Realtime.Cells;
using Realtime.Cells.RollOuts;
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

/// <summary>Is told of what was rolled out from a row, once its prediction was told of.</summary>
/// <param name="series">Index of the series.</param>
/// <param name="row">The row that it was rolled out from.</param>
/// <param name="forecasts">[steps][output]; NaN where there are none yet. Overwritten by the next.</param>
internal delegate void RowRolledOut(int series, int row, ReadOnlySpan<double> forecasts);

/// <summary>
/// Takes recorded series through the frame loop of the daemon in a world of their own: a tick goes in as a message, its
/// prediction is what a subscriber would get, before the stream's next tick is known.
/// </summary>
internal sealed class FrameBacktest : IDisposable
{
    /// <summary>Ticks put into one frame: many, as in a daemon under load; no bit depends on it.</summary>
    private const int CpuTicks = 64;

    /// <summary>A device takes all streams of a row together.</summary>
    private const int DeviceTicks = 1 << 16;

    private readonly World _world;
    private readonly FrameLoop _loop;
    private readonly RecordedPorts _ports = new();
    private readonly PublishedPrediction _prediction;
    private readonly List<double> _nanoseconds = [];

    private readonly int _frameTicks;
    private readonly bool _wholeRows;
    private readonly int _steps;
    private readonly IRollOut? _rollOut;
    private readonly RollOutWave? _rollOuts;
    private readonly List<int> _rolled = [];
    private readonly double[] _forecasts = [];

    /// <param name="subject">What is stepped.</param>
    /// <param name="streams">Series there will be.</param>
    public FrameBacktest(BacktestSubject subject, int streams)
    {
        var model = subject.Model;
        Model = model.Model;
        // Compiled beforehand, so that steps take here what they take in a daemon.
        var facts = FactsOf(subject);
        WarmUp.Run([model], subject.Engines, facts);
        var host = ModelLoading.MakeHost(model, subject.MakeEngine());
        var isDevice = host.Engine.Name == "gpu";
        _frameTicks = isDevice ? DeviceTicks : CpuTicks;
        _wholeRows = isDevice || subject.RollOut > 0;
        var options = new LoopOptions
        {
            StreamsMax = Math.Max(1, streams), MaxTicks = Math.Max(new LoopOptions().MaxTicks, _frameTicks),
        };
        _world = new World([host], options, new NoJournal(), epoch: 1);
        _loop = new FrameLoop(_world, options, new WorldReport(_world, facts), _ports, _ports, _ports);
        _prediction = new PublishedPrediction(
            Model.Forecast.Horizons.Length, Model.Forecast.Outputs.Length, Model.PublishedQuantiles);
        (Engine, Kernel, _steps) = (host.Engine.Name, host.Engine.Kernel, subject.RollOut);
        if (_steps == 0)
            return;
        _forecasts = new double[_steps * Model.Forecast.Outputs.Length];
        _rollOut = host.Engine.RollOut(subject.Decoder);
        _rollOuts = new RollOutWave(_rollOut, isDecoder: subject.Decoder is not null);
    }

    /// <summary>What stepped it.</summary>
    public string Engine { get; }

    /// <summary>What its bits depend on.</summary>
    public string Kernel { get; }

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
    /// <param name="series">At least one.</param>
    /// <param name="predicted">Told of each row's prediction.</param>
    /// <param name="rolledOut">Told of what is rolled out from each row; null: nothing is.</param>
    /// <param name="wants">Whether anybody asks what is rolled out from a row; null: all are.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="InvalidDataException">The loop did not take a row.</exception>
    public void Run(IReadOnlyList<BacktestSeries> series, RowPredicted predicted, RowRolledOut? rolledOut = null,
        Func<int, int, bool>? wants = null, CancellationToken stop = default)
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
                if (++waiting < _frameTicks)
                    continue;
                stop.ThrowIfCancellationRequested();
                RunFrames(waiting, series, predicted);
                waiting = 0;
            }

            if (!_wholeRows || rolledOut is null && waiting + series.Count <= _frameTicks)
                continue;
            stop.ThrowIfCancellationRequested();
            RunFrames(waiting, series, predicted);
            waiting = 0;
            if (rolledOut is not null)
                RollOut(row, series, rolledOut, wants);
        }

        RunFrames(waiting, series, predicted);
    }

    public void Dispose()
    {
        _rollOut?.Dispose();
        _world.Dispose();
    }

    private static DaemonFacts FactsOf(BacktestSubject subject)
    {
        var (engine, kernel, device) = subject.Engines.FactsOf(subject.Model.Model);
        return new DaemonFacts
        {
            Version = DaemonHost.Version,
            Engine = engine,
            Kernel = kernel,
            Device = device,
            Limits = new Dictionary<string, long>(),
            Endpoints = new Dictionary<string, string>(),
        };
    }

    // All series that have this row, together.
    private void RollOut(
        int row, IReadOnlyList<BacktestSeries> series, RowRolledOut rolledOut, Func<int, int, bool>? wants)
    {
        _rollOuts!.Begin(_steps);
        _rolled.Clear();
        for (var i = 0; i < series.Count; i++)
        {
            if (row < series[i].Rows && (wants?.Invoke(i, row) ?? true) && Add(i, row, series[i]))
                _rolled.Add(i);
        }

        _rollOuts.Run();
        for (int i = 0, place = 0; i < series.Count; i++)
        {
            if (row >= series[i].Rows)
                continue;
            if (place < _rolled.Count && _rolled[place] == i)
                _rollOuts.Read(place++, _forecasts);
            else
                Array.Fill(_forecasts, double.NaN);
            rolledOut(i, row, _forecasts);
        }
    }

    private bool Add(int index, int row, BacktestSeries series)
    {
        var name = Encoding.UTF8.GetBytes(index.ToString(CultureInfo.InvariantCulture));
        ref var stream = ref _world.Streams[_world.Streams.Find(name)];
        var times = CollectionsMarshal.AsSpan(series.Times);
        return _rollOuts!.Add(
            stream.ModelRow, _world.Models[0].Memory(stream.ModelRow), times.IsEmpty ? times : times[row..]);
    }

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
