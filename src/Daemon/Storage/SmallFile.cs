namespace Realtime.Daemon.Storage;

/// <summary>Files that are there whole, as they were or as they are.</summary>
internal static class SmallFile
{
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(IDisk disk, string name, ReadOnlySpan<byte> content)
    {
        var unfinished = StateFiles.UnfinishedName(name);
        using (var file = disk.Create(unfinished))
        {
            file.Write(content, 0);
            file.Sync();
        }

        disk.Rename(unfinished, name);
        disk.SyncDirectory();
    }
}
