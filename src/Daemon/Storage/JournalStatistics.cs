namespace Realtime.Daemon.Storage;

/// <summary>What a journal has done since it was opened.</summary>
/// <param name="Bytes">Written, headers and footers included.</param>
/// <param name="Records">Written.</param>
/// <param name="Segments">Begun.</param>
/// <param name="Fsyncs">Rounds of syncing.</param>
/// <param name="LastFsync">How long the last round took.</param>
/// <param name="LongestFsync">How long the longest took.</param>
/// <param name="Lag">Records handed over that do not count as durable yet.</param>
public readonly record struct JournalStatistics(
    long Bytes, long Records, long Segments, long Fsyncs, TimeSpan LastFsync, TimeSpan LongestFsync, ulong Lag);
