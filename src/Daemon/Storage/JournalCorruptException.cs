namespace Realtime.Daemon.Storage;

/// <summary>The journal holds something that no crash leaves behind, or lacks what it must have.</summary>
public sealed class JournalCorruptException(string file, long offset, string found, string expected)
    : Exception($"{file} at byte {offset}: found {found}, expected {expected}")
{
    public string File { get; } = file;

    public long Offset { get; } = offset;

    public string Found { get; } = found;

    public string Expected { get; } = expected;
}
