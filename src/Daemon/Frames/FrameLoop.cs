using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Tracing;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

/// <summary>
/// The loop that owns the world. Each turn is a frame: ingest, decode, step, journal, emit; then what is due by the
/// clock.
/// </summary>
/// <remarks>One thread runs it. Others reach the world through <see cref="Post"/> only.</remarks>
public sealed class FrameLoop
{
    private const long HeartbeatEvery = 1_000_000_000;
    private const long TroubleEvery = 1_000_000_000;
    private const long LastRepliesWithin = 2_000_000_000;

    private readonly World _world;
    private readonly IClock _clock;
    private readonly ITickSource _source;
    private readonly IPredictionSink _sink;
    private readonly Evictions _evictions;
    private readonly ReplyQueue _replies;
    private readonly WorldReport _report;
    private readonly MessagePackWriter _heartbeat = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Patience _patience = new();
    private LoopOptions _options;
    private Inbox _inbox;
    private FrameWork _work;
    private Decoder _decoder;
    private Stepper _stepper;
    private Emitter _emitter;
    private Overlap _overlap;
    private (int FrameLimit, int MaxTicks) _sizes;
    private long _nextHeartbeat;
    private long _turns;
    private string? _told;
    private long _toldAt;
    private volatile bool _stop;
    private volatile bool _serving;

    public FrameLoop(
        World world, LoopOptions options, WorldReport report, IClock clock, ITickSource source,
        IPredictionSink sink)
    {
        _world = world;
        _clock = clock;
        _source = source;
        _sink = sink;
        _options = options;
        _report = report;
        Desk = new RequestDesk(world, report);
        _replies = new ReplyQueue(world, sink);
        Meters = new FrameMeters(world, options);
        Tracer = options.Tracing is { } sampling ? new TickTracer(sampling, world, Meters) : null;
        MakeStages(options);
        _evictions = new Evictions(world, options.IdleAfter);
        world.Now = world.Started = clock.UtcNanoseconds;
        _nextHeartbeat = world.Now + HeartbeatEvery;
    }

    /// <summary>Carries out control requests; only for what is posted.</summary>
    public RequestDesk Desk { get; }

    /// <summary>What it measures; for what is posted.</summary>
    public FrameMeters Meters { get; }

    /// <summary>Samples ticks; null where none is traced.</summary>
    public TickTracer? Tracer { get; }

    /// <summary>Why ticks are refused or held up now; null where they are not. For what is posted.</summary>
    public string? Trouble => _world.Changes.Trouble;

    /// <summary>Called by the loop when <see cref="Trouble"/> begins, changes or ends, at most once a second.</summary>
    public Action<string?>? TroubleChanged { get; set; }

    /// <summary>Called by the loop with each heartbeat, once a second, also when there is nothing to do.</summary>
    public Action? Alive { get; set; }

    /// <summary>It runs frames, or has; any thread may ask.</summary>
    public bool IsServing => _serving;

    /// <summary>No reply waits for anything. For what is posted, and for the source.</summary>
    public bool IsQuiet =>
        _replies.IsEmpty && !_overlap.IsLate && !_overlap.HasNext && !_overlap.IsFlying;

    /// <summary>Turns of the loop, idle ones too; any thread may read it to see that the loop lives.</summary>
    public long Turns => Volatile.Read(ref _turns);

    /// <summary>Runs frames until <see cref="Stop"/>; what has arrived by then is still finished.</summary>
    public void Run()
    {
        _serving = true;
        while (!_stop)
        {
            var worked = RunFrame();
            if (worked)
                _patience.Worked(_decoder.Ticks, _inbox.Count);
            if (!worked && _options.Idle == IdleMode.Block && !_patience.Lasts())
                _source.Wait(UntilDue());
            else if (_decoder.IsHeldUp)
                // Until the journal has room; messages that wait would end a wait on the sockets at once.
                Thread.Sleep(1);
            else if (_inbox.IsOverRate)
                _source.Pause();
        }

        while (!_decoder.IsDrained || _overlap.HasNext || _overlap.IsLate)
        {
            RunFrame();
            if (_decoder.IsHeldUp)
                _source.Wait(TimeSpan.FromMilliseconds(1));
        }

        _world.Snapshots?.RunLast();
        AwaitReplies();
    }

    /// <summary>One turn; false where there was nothing to do.</summary>
    public bool RunFrame()
    {
        _world.Now = _clock.UtcNanoseconds;
        Meters.Turn();
        _world.Frame++;
        var isLate = RunPosted() | RunHandOvers();
        Meters.Begin(isLate);
        Ingest();
        var worked = _inbox.Count != 0;
        Meters.HasWork = worked;
        RunStages();
        if (worked)
        {
            _world.Counters.Frames++;
            Meters.Close();
        }

        RunDue();
        Volatile.Write(ref _turns, _turns + 1);
        return worked;
    }

    /// <summary>Ends <see cref="Run"/>; from any thread.</summary>
    public void Stop()
    {
        _stop = true;
        _source.Wake();
    }

    /// <summary>Has the loop do something between two frames; from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _source.Wake();
    }

    /// <summary>Answers a request that had to wait; only for what is posted.</summary>
    public void Answer(LateReply to, ReadOnlySpan<byte> payload) =>
        _replies.Answer(to.Identity, payload);

    /// <summary>
    /// Goes on with other settings: at once, and with other sizes of a frame as soon as all that was received is done;
    /// only for what is posted.
    /// </summary>
    public void Use(LoopOptions options)
    {
        _options = options;
        _world.Use(options);
        _evictions.Use(options.IdleAfter);
    }

    [MemberNotNull(
        nameof(_inbox), nameof(_work), nameof(_decoder), nameof(_stepper), nameof(_emitter), nameof(_overlap))]
    private void MakeStages(LoopOptions options)
    {
        _sizes = (options.FrameLimit, options.MaxTicks);
        _inbox = new Inbox(options.FrameLimit, options.MaxTicks);
        _work = new FrameWork(options.MaxTicks);
        _emitter = new Emitter(_world, _work, _inbox, _sink, _replies, Meters, Tracer);
        var overlap = _overlap = new Overlap(
            _world, _source, _sink, Meters, _emitter, options.FrameLimit, options.MaxTicks);
        _decoder = new Decoder(_world, _work, _inbox, Desk, options.MaxTicks) { BeforeControl = overlap.EmitLate };
        _stepper = new Stepper(_world, _work)
        {
            Waiting = () => overlap.Use(receives: _decoder.IsDrained && Receives && !AreOtherSizes),
        };
    }

    private bool Receives => !_stop && !_replies.IsFull;

    private bool AreOtherSizes => _sizes != (_options.FrameLimit, _options.MaxTicks);

    private void Ingest()
    {
        if (!_decoder.IsDrained)
            return;
        if (_overlap.HasNext)
        {
            _inbox = _overlap.TakeNext(_inbox);
            _decoder.Use(_inbox);
        }
        else if (Receives)
        {
            _overlap.EmitLate();
            if (AreOtherSizes)
                MakeStages(_options);
            _decoder.Rewind();
            Meters.Receive();
        }

        if (Receives && !_inbox.IsFull)
            _source.Receive(_inbox);
    }

    private void RunStages()
    {
        Meters.End(Stage.Ingest);
        _decoder.Run();
        Meters.End(Stage.Decode);
        Step();
        Meters.End(Stage.Step);
        Record();
        Meters.End(Stage.Journal);
        Emit();
        Meters.End(Stage.Emit);
    }

    private void Step()
    {
        _overlap.BeginFrame();
        try
        {
            _stepper.Run();
        }
        finally
        {
            // Recorded before a device could fail.
            _overlap.EmitLate();
        }
    }

    // Only more work makes it worth while to let predictions wait for the device.
    private void Emit()
    {
        if (_overlap.CanDefer && (_overlap.HasNext || !_decoder.IsDrained))
        {
            _work = _overlap.Defer(_work, _inbox);
            _decoder.Use(_work);
            _stepper.Use(_work);
        }
        else
        {
            _emitter.Use(_work, _inbox);
            _emitter.Run();
            _work.Clear();
        }

        _replies.Release();
    }

    private void Record()
    {
        if (!_world.Changes.IsEmpty)
        {
            var checksum = PredictionChecksum.Of(_world, _work, _options.RecordsPredictions);
            if (!_world.Changes.Commit(_world.Frame, _world.Now, checksum))
                _work.Refuse(_world, _world.Changes.Fault!);
        }

        if (_world.Changes.Fault is { } fault && !_replies.IsEmpty)
            _replies.Refuse(fault);
        TellTrouble();
    }

    private void TellTrouble()
    {
        var trouble = Trouble;
        if (trouble == _told || Math.Abs(_world.Now - _toldAt) < TroubleEvery)
            return;
        (_told, _toldAt) = (trouble, _world.Now);
        TroubleChanged?.Invoke(trouble);
    }

    // What was taken is answered if the disk lets it be.
    private void AwaitReplies()
    {
        var end = _clock.UtcNanoseconds + LastRepliesWithin;
        while (!_replies.IsEmpty && _clock.UtcNanoseconds < end)
        {
            _source.Wait(TimeSpan.FromMilliseconds(1));
            _replies.Release();
        }
    }

    private bool RunPosted()
    {
        if (!_posted.TryDequeue(out var action))
            return false;
        _overlap.EmitLate();
        do
            action();
        while (_posted.TryDequeue(out action));
        return true;
    }

    private bool RunHandOvers()
    {
        if (_world.HandOvers.IsWaiting)
            _overlap.EmitLate();
        return _world.HandOvers.Run();
    }

    private void RunDue()
    {
        _world.Snapshots?.Run();
        Meters.RunDue();
        if (_world.TakesChanges && _evictions.IsDue)
            Evict();

        // A clock that was set back must not silence it.
        if (_world.Now < _nextHeartbeat && _nextHeartbeat - _world.Now <= HeartbeatEvery)
            return;
        // After a pause one heartbeat is enough.
        var next = _nextHeartbeat + HeartbeatEvery;
        _nextHeartbeat = next > _world.Now && next - _world.Now <= HeartbeatEvery ? next : _world.Now + HeartbeatEvery;
        _overlap.EmitLate();
        if (_world.RaiseUntold())
            _world.Events.Publish(_sink);
        _heartbeat.Clear();
        _report.Heartbeat(_heartbeat);
        _sink.Publish(Topic.Heartbeat, _heartbeat.Written);
        Alive?.Invoke();
    }

    private void Evict()
    {
        _overlap.EmitLate();
        if (!_evictions.Run())
            return;
        _world.Changes.Commit(_world.Frame, _world.Now);
        _world.Events.Publish(_sink);
    }

    private TimeSpan UntilDue()
    {
        // The end of a snapshot wakes the loop.
        var snapshots = _world.Snapshots;
        if (snapshots is { IsCopying: true } || (_world.HandOvers.IsWaiting && snapshots is not { IsBusy: true }))
            return TimeSpan.Zero;
        var due = Math.Min(Math.Min(_nextHeartbeat, _evictions.Next), snapshots?.Next ?? long.MaxValue);
        return TimeSpan.FromTicks(Math.Clamp((due - _world.Now) / 100, 0, TimeSpan.TicksPerSecond));
    }
}
