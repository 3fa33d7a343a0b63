namespace Realtime.Daemon.Storage;

/// <summary>Brings a journal that was read to its end into a form that can be continued.</summary>
public static class JournalRepair
{
    private const int CopyBytes = 1 << 20;

    /// <summary>
    /// Cuts what the reader left out, and closes the last segment. Later segments, and damaged ones as a whole, are set
    /// aside by their name. A crash in the midst of it leaves a journal that reads the same.
    /// </summary>
    /// <returns>The names of what was set aside.</returns>
    public static IReadOnlyList<string> Apply(IDisk disk, JournalEnd end)
    {
        var aside = new List<string>();
        foreach (var file in end.FilesDropped.Reverse())
            aside.Add(StateFiles.SetAside(disk, file));
        SyncEarlier(disk, end);
        if (end.File is null)
            return aside;
        if (end.Offset == 0)
        {
            aside.Add(StateFiles.SetAside(disk, end.File));
            return aside;
        }

        if (end.Kind == JournalEndKind.Damaged)
            aside.Add(CopyAside(disk, end.File));
        using var segment = disk.Open(end.File, writable: true);
        var closed = RecordHeader.FooterOffset(end.Offset) + RecordHeader.Bytes;
        if (end.Kind != JournalEndKind.Closed || segment.Length != closed)
        {
            Rewrite(segment, end.Offset);
            Seal(segment, end.Offset, end.Next);
        }

        return aside;
    }

    /// <summary>Closes a segment whose content ends at the offset. The records are durable before the footer says so,
    /// and the footer before the file is cut.</summary>
    internal static void Seal(IDiskFile segment, long end, ulong next)
    {
        var footer = RecordHeader.FooterOffset(end);
        if (footer > end)
            segment.Write(new byte[footer - end], end);
        segment.Sync();
        RecordHeader.WriteFooter(segment, end, next, next - 1);
        segment.Sync();
        segment.Truncate(footer + RecordHeader.Bytes);
        segment.Sync();
    }

    // A sync that fails leaves the cache with pages that the disk lacks and the system takes for clean: only what is
    // written again is sure to be synced.
    private static void Rewrite(IDiskFile file, long end)
    {
        var buffer = new byte[CopyBytes];
        for (long at = 0; at < end; at += CopyBytes)
        {
            var read = file.Read(buffer.AsSpan(0, (int)Math.Min(CopyBytes, end - at)), at);
            var bytes = buffer.AsSpan(0, read).TrimEnd((byte)0);
            if (!bytes.IsEmpty)
                file.Write(bytes, at);
        }
    }

    // A writer that was killed may have left earlier segments in the system's cache alone; those that were cut were
    // synced before. What trouble ended may fail again, and nothing counts on it.
    private static void SyncEarlier(IDisk disk, JournalEnd end)
    {
        var isTrouble = false;
        foreach (var file in StateFiles.Segments(disk).Reverse())
        {
            using var reader = new SegmentReader(disk, file);
            if (reader is { IsCut: false, Header: not null } && file.Name != end.File && !isTrouble)
            {
                using var segment = disk.Open(file.Name, writable: true);
                Rewrite(segment, reader.Length);
                segment.Sync();
            }

            isTrouble = reader.Header is { BeginsAnew: true };
        }

        disk.SyncDirectory();
    }

    private static string CopyAside(IDisk disk, string name)
    {
        var aside = StateFiles.AsideName(disk, name);
        var unfinished = StateFiles.UnfinishedName(aside);
        using (var from = disk.Open(name))
        using (var to = disk.Create(unfinished))
        {
            var buffer = new byte[CopyBytes];
            int read;
            for (long at = 0; (read = from.Read(buffer, at)) > 0; at += read)
                to.Write(buffer.AsSpan(0, read), at);
            to.Sync();
        }

        disk.Rename(unfinished, aside);
        disk.SyncDirectory();
        return aside;
    }
}
