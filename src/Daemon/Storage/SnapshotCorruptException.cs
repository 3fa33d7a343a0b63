namespace Realtime.Daemon.Storage;

/// <summary>A snapshot is not as it was written.</summary>
public sealed class SnapshotCorruptException(string file, long offset, string found, string expected)
    : Exception($"{file} at byte {offset}: found {found}, expected {expected}")
{
    public string File { get; } = file;

    public long Offset { get; } = offset;

    public string Found { get; } = found;

    public string Expected { get; } = expected;
}
