namespace Realtime.Daemon.Frames.Access;

/// <summary>What a client may do.</summary>
/// <param name="Name">The name that its key stands for.</param>
/// <param name="Streams">Patterns of the streams it may send to and ask about.</param>
/// <param name="Hears">Beginnings of the names of streams whose predictions and events it may hear.</param>
/// <param name="TicksPerSecond">Ticks it may send per second; null without limit.</param>
/// <param name="MayControl">Whether it may change what is there: reset, forget, state.put, reload, snapshot.</param>
public sealed record ClientRights(
    string Name, IReadOnlyList<string> Streams, IReadOnlyList<string> Hears, int? TicksPerSecond, bool MayControl);
