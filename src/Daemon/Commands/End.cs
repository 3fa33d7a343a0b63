using System.Runtime.InteropServices;

namespace Realtime.Daemon.Commands;

/// <summary>When a verb that runs on ends: on SIGINT or SIGTERM, after a time, or told so by the caller.</summary>
internal sealed class End : IDisposable
{
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
        if (seconds is { } time)
            _source.CancelAfter(TimeSpan.FromSeconds(time));
    }

    public CancellationToken Token => _source.Token;

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
