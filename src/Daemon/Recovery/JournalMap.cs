using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>The segments of a journal by what their heads say.</summary>
public sealed class JournalMap
{
    private readonly List<(StateFile File, SegmentHeader Header)> _segments = [];
    private readonly StateFile[] _files;

    /// <exception cref="IOException">The disk refuses.</exception>
    public JournalMap(IDisk disk)
    {
        _files = [.. StateFiles.Segments(disk)];
        foreach (var file in _files)
        {
            using var reader = new SegmentReader(disk, file);
            // A reader of the records tells what is wrong with the others.
            if (reader.Header is { } header)
                _segments.Add((file, header));
        }
    }

    public bool IsEmpty => _files.Length == 0;

    /// <summary>Number of the first record, by the name of the first file.</summary>
    public ulong First => IsEmpty ? 0 : _files[0].Number;

    /// <summary>What each segment's records were made with.</summary>
    public IEnumerable<Setup> Setups => _segments.Select(static one => Setup.Read(one.Header.Description));

    /// <summary>What a record was made with; null where no segment can hold it.</summary>
    public Setup? SetupAt(ulong record)
    {
        var header = _segments.LastOrDefault(one => one.File.Number <= record).Header;
        return header is null ? null : Setup.Read(header.Description);
    }

    /// <summary>A segment begins with the record.</summary>
    public bool IsFirst(ulong record) => Array.Exists(_files, file => file.Number == record);

    /// <summary>The first segment behind an end to which only a snapshot leads; null where there is none.</summary>
    public StateFile? AnewBehind(JournalEnd end)
    {
        var behind = _segments.SkipWhile(one => one.File.Name != end.File).Skip(1);
        foreach (var (file, header) in behind)
            if (header.BeginsAnew)
                return file;
        return null;
    }
}
