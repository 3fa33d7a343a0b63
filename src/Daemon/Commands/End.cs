using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Realtime.Daemon.Commands;

/// <summary>When a verb that runs on ends: on SIGINT or SIGTERM, after a time, or told so by the caller.</summary>
internal sealed class End : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _time;
    private readonly CancellationTokenSource _source;
    private readonly PosixSignalRegistration[] _signals;

    /// <param name="seconds">The time; null without one.</param>
    /// <param name="outer">The caller's word.</param>
    public End(double? seconds, CancellationToken outer)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
        _time = seconds is { } time ? TimeSpan.FromSeconds(time) : TimeSpan.MaxValue;
        if (seconds is not null)
            _source.CancelAfter(_time);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What is left of the time.</summary>
    public TimeSpan Left => _time - Stopwatch.GetElapsedTime(_start);

    /// <summary>Whether it has come. The token learns of the time from the thread pool, which may be busy.</summary>
    public bool IsOver => _source.IsCancellationRequested || Left <= TimeSpan.Zero;

    /// <summary>Sleeps, at most to the end; false where that has come.</summary>
    public bool Sleep(TimeSpan time)
    {
        if (IsOver)
            return false;
        var left = time < Left ? time : Left;
        // Rounded up: what is slept too short would be slept again, a millisecond at a time.
        var milliseconds = (int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 1, int.MaxValue);
        return !_source.Token.WaitHandle.WaitOne(milliseconds) && !IsOver;
    }

    public void Now() => _source.Cancel();

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _source.Dispose();
    }

    // The first asks for an orderly end, the second has the system's way.
    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
