using System.Diagnostics;

namespace Realtime.Daemon.Frames.Meters;

/// <summary>
/// What the loop measures of its frames: how long each stage takes, how many ticks a frame has, how long ticks wait.
/// </summary>
/// <remarks>
/// The loop alone writes, others read a <see cref="MeterCopy"/> made between two frames. All durations come from the
/// stopwatch and nothing of them enters the world.
/// </remarks>
public sealed class FrameMeters
{
    /// <summary>Unit of histograms of nanoseconds that are told in seconds.</summary>
    public const double Nanosecond = 1e-9;

    /// <summary>Stages of a frame.</summary>
    public static readonly int StageCount = Enum.GetValues<Stage>().Length;

    private readonly World _world;
    private readonly bool _measuresStages;
    private readonly bool _timesStages;
    private readonly StreamSurvey _survey;
    private readonly Dictionary<string, ModelMeters> _byName = new(StringComparer.Ordinal);
    private readonly List<ModelMeters> _all = [];
    private readonly ExponentialHistogram[] _stages = new ExponentialHistogram[StageCount];

    // When each stage of this frame ended.
    private readonly long[] _ends = new long[StageCount];
    private readonly long[] _lateEnds = new long[StageCount];
    private ModelMeters[] _models = [];
    private int _generation = -1;
    private long _clockRead;
    private long _begun;
    private long _received;
    private long _receivedLate;
    private long _receivedNext;
    private long _ticksBefore;

    public FrameMeters(World world, LoopOptions options)
    {
        _world = world;
        Measures = options.Histograms;
        _measuresStages = options.Histograms && options.StageHistograms;
        _timesStages = _measuresStages || options.Tracing is not null;
        ReadsTime = Measures || _timesStages;
        _survey = world.Survey = new StreamSurvey(world, options.StaleAfter);
        Raw = options.RawSamples ? new RawLatencies() : null;
        for (var stage = 0; stage < StageCount; stage++)
            _stages[stage] = new ExponentialHistogram(Nanosecond);
        Follow();
    }

    /// <summary>False spares all histograms; predictions are counted still.</summary>
    public bool Measures { get; }

    /// <summary>Somebody wants timestamps.</summary>
    public bool ReadsTime { get; }

    /// <summary>Single latencies; null where nobody wants them.</summary>
    public RawLatencies? Raw { get; }

    /// <summary>From the begin of ingest to the end of emit; the stages add up to it.</summary>
    public ExponentialHistogram FrameDuration { get; } = new(Nanosecond);

    /// <summary>Ticks received in a frame.</summary>
    public ExponentialHistogram FrameTicks { get; } = new(1);

    /// <summary>A model that ever was, by the order of their coming.</summary>
    public IReadOnlyList<ModelMeters> Models => _all;

    /// <summary>When the ticks of the frame that is told of were received by the loop.</summary>
    internal long Received => IsLate ? _receivedLate : _received;

    /// <summary>The frame that is told of is the one of <see cref="Defer"/>.</summary>
    internal bool IsLate { get; set; }

    /// <summary>Nanoseconds from some moment on.</summary>
    internal static long Timestamp => Stopwatch.Frequency == 1_000_000_000
        ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    public ExponentialHistogram StageDuration(Stage stage) => _stages[(int)stage];

    /// <summary>The clock has been read for a turn.</summary>
    public void Turn()
    {
        if (ReadsTime)
            _clockRead = _begun = Timestamp;
    }

    /// <summary>The turn's frame begins, should there be work.</summary>
    /// <param name="isLate">Something else was done first in this turn, which is no part of the frame.</param>
    public void Begin(bool isLate)
    {
        if (_generation != _world.Generation)
            Follow();
        _ticksBefore = _world.Counters.Received;
        if (isLate && ReadsTime)
            _begun = Timestamp;
    }

    /// <summary>The turn is a frame; no stage of another turn is timed.</summary>
    public bool HasWork { get; set; }

    /// <summary>What has arrived is taken in: all of it counts as received at the frame's begin.</summary>
    public void Receive() => _received = _begun;

    /// <summary>What arrives from here on waits for a frame that has not begun.</summary>
    internal void ReceiveNext() => _receivedNext = ReadsTime ? Timestamp : 0;

    /// <summary>That frame begins.</summary>
    internal void TakeNext() => _received = _receivedNext;

    /// <summary>This frame is told of while a later one goes on.</summary>
    internal void Defer()
    {
        _receivedLate = _received;
        _ends.CopyTo(_lateEnds, 0);
    }

    /// <summary>A stage ends, and the next one begins.</summary>
    public void End(Stage stage)
    {
        if (_timesStages && HasWork)
            _ends[(int)stage] = Timestamp;
    }

    /// <summary>The turn had work: it was a frame, and all stages have ended.</summary>
    public void Close()
    {
        if (!Measures)
            return;
        FrameTicks.Add(_world.Counters.Received - _ticksBefore);
        if (!_measuresStages)
        {
            FrameDuration.Add(Timestamp - _begun);
            return;
        }

        var begun = _begun;
        for (var stage = 0; stage < StageCount; stage++)
        {
            _stages[stage].Add(_ends[stage] - begun);
            begun = _ends[stage];
        }

        FrameDuration.Add(begun - _begun);
    }

    /// <summary>Does what is due between two frames.</summary>
    public void RunDue() => _survey.Run();

    /// <summary>When a stage of the frame that is told of ended.</summary>
    internal long EndOf(Stage stage) => (IsLate ? _lateEnds : _ends)[(int)stage];

    /// <summary>Those of a model of this world.</summary>
    internal ModelMeters Of(int model) => _models[model];

    /// <summary>The world's clock at a moment of this frame.</summary>
    internal long WallAt(long timestamp) => _world.Now + (timestamp - _clockRead);

    /// <summary>Copies everything; between two frames.</summary>
    public void CopyTo(MeterCopy copy)
    {
        if (_generation != _world.Generation)
            Follow();
        for (var stage = 0; stage < StageCount; stage++)
            _stages[stage].CopyTo(copy.Stages[stage]);
        FrameDuration.CopyTo(copy.FrameDuration);
        FrameTicks.CopyTo(copy.FrameTicks);
        for (var model = 0; model < _all.Count; model++)
            _all[model].CopyTo(copy.Model(model, _all[model].Name));
        copy.Take(_world, _survey.ByModel);
    }

    // Another model under the same name goes on with what was measured of the one before it.
    private void Follow()
    {
        _generation = _world.Generation;
        _models = [.. _world.Models.Select(host => Of(host.Name))];
    }

    private ModelMeters Of(string name)
    {
        if (_byName.TryGetValue(name, out var meters))
            return meters;
        _all.Add(meters = new ModelMeters(name));
        return _byName[name] = meters;
    }
}
