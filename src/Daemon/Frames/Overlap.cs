using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Frames;

/// <summary>
/// Two frames in flight: while a device steps one, the one before, which is recorded already, is emitted, and the
/// messages of the next are received. Between two turns of the loop nothing is on the device; whatever looks at the
/// world or changes it has <see cref="EmitLate"/> called first.
/// </summary>
/// <remarks>Engines of the processor never wait, so that nothing of this happens with them.</remarks>
internal sealed class Overlap(
    World world, ITickSource source, IPredictionSink sink, FrameMeters meters, Emitter emitter, int frameLimit,
    int maxTicks)
{
    private FrameWork? _otherWork;
    private Inbox? _otherInbox;
    private Inbox? _lateInbox;
    private bool _hasFlown;

    /// <summary>A frame is recorded and not emitted.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Messages have been received that no frame has begun with.</summary>
    public bool HasNext { get; private set; }

    /// <summary>The frame's step is going on.</summary>
    public bool IsFlying { get; private set; }

    /// <summary>The frame could be emitted while the next one is stepped, should there be one.</summary>
    public bool CanDefer => _hasFlown && world.Changes.Fault is null;

    public void BeginFrame() => _hasFlown = false;

    /// <summary>The device steps.</summary>
    /// <param name="receives">Messages may be taken for the frame that comes.</param>
    public void Use(bool receives)
    {
        (_hasFlown, IsFlying) = (true, true);
        EmitLate();
        if (receives && !HasNext)
            Receive();
        IsFlying = false;
    }

    /// <summary>The inbox to go on with, where <see cref="HasNext"/>; the other one is kept as long as it must be.
    /// </summary>
    public Inbox TakeNext(Inbox inbox)
    {
        HasNext = false;
        meters.TakeNext();
        (_otherInbox, var next) = (inbox, _otherInbox!);
        return next;
    }

    /// <summary>Leaves a frame's predictions and replies for later; its events go out.</summary>
    /// <returns>Where the next frame works.</returns>
    public FrameWork Defer(FrameWork work, Inbox inbox)
    {
        world.Events.Publish(sink);
        meters.Defer();
        (_otherWork, var next) = (work, _otherWork ?? new FrameWork(maxTicks));
        _lateInbox = inbox;
        IsLate = true;
        return next;
    }

    /// <summary>Emits what was left for later.</summary>
    public void EmitLate()
    {
        if (!IsLate)
            return;
        IsLate = false;
        meters.IsLate = true;
        emitter.Use(_otherWork!, _lateInbox!);
        emitter.RunWithoutEvents();
        meters.IsLate = false;
        _otherWork!.Clear();
    }

    private void Receive()
    {
        _otherInbox ??= new Inbox(frameLimit, maxTicks);
        _otherInbox.Clear();
        meters.ReceiveNext();
        source.Receive(_otherInbox);
        HasNext = _otherInbox.Count != 0;
    }
}
