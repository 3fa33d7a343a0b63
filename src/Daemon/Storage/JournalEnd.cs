namespace Realtime.Daemon.Storage;

/// <summary>How a journal ends.</summary>
public enum JournalEndKind
{
    /// <summary>There is no segment to read.</summary>
    Empty,

    /// <summary>The last writer closed it.</summary>
    Closed,

    /// <summary>The last writer did not close it; every record begun is whole.</summary>
    Unclosed,

    /// <summary>The last record is not whole: its writer was interrupted. Nothing is behind it.</summary>
    TornTail,

    /// <summary>Writes that never were durable are lost, and others behind them are not; all from the first lost one on
    /// is left out.</summary>
    Hole,

    /// <summary>Salvage stopped here: what follows is damaged.</summary>
    Damaged,
}

/// <summary>Where a journal ends, what is left out behind that, and why.</summary>
/// <param name="Kind">How it ends.</param>
/// <param name="Next">The number after the last record read, or the first one's where none was.</param>
/// <param name="File">The segment with the end; null where there is none.</param>
/// <param name="Offset">The byte behind the last record; 0 where not even the header is whole.</param>
/// <param name="BytesCut">Bytes of the segment that are left out.</param>
/// <param name="RecordsDropped">Whole records that are left out.</param>
/// <param name="FilesDropped">Later segments that are left out.</param>
/// <param name="Reason">For the log; null where nothing is left out.</param>
public sealed record JournalEnd(
    JournalEndKind Kind, ulong Next, string? File, long Offset, long BytesCut, int RecordsDropped,
    IReadOnlyList<string> FilesDropped, string? Reason);

/// <summary>What salvage passes over.</summary>
/// <param name="File">The segment.</param>
/// <param name="Offset">First byte that is passed over.</param>
/// <param name="Length">Bytes passed over in that file.</param>
/// <param name="FirstMissing">Number of the first record missing.</param>
/// <param name="NextFound">Number of the next whole record; null where there is none, equal to
/// <paramref name="FirstMissing"/> where none is missing.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Expected">What should.</param>
public sealed record SkippedRange(
    string File, long Offset, long Length, ulong FirstMissing, ulong? NextFound, string Found, string Expected);
