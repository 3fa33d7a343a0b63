namespace Realtime.Daemon.Commands;

/// <summary>What a publisher did.</summary>
/// <param name="Sent">Ticks handed over.</param>
/// <param name="Dropped">Readings nobody could take.</param>
/// <param name="Streams">Streams they belong to.</param>
/// <param name="Elapsed">How long it took.</param>
internal readonly record struct PublishedCounts(long Sent, long Dropped, int Streams, TimeSpan Elapsed)
{
    public override string ToString() =>
        FormattableString.Invariant($"{Sent} ticks of {Streams} {(Streams == 1 ? "stream" : "streams")} ")
        + FormattableString.Invariant($"published in {Elapsed.TotalSeconds:0.0} s")
        + (Dropped > 0 ? FormattableString.Invariant($", {Dropped} dropped") : "");
}
