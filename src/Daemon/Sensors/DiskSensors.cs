namespace Realtime.Daemon.Sensors;

/// <summary>Bytes read and written by each whole disk that has moved any.</summary>
internal static class DiskSensors
{
    // The unit of /proc/diskstats, whatever the disk's own sectors are.
    private const double BytesPerSector = 512;

    public static void Read(string proc, SensorSweep sweep)
    {
        var disk = "";
        foreach (var line in ProcFile.Read(proc, "diskstats").AsSpan().EnumerateLines())
        {
            if (!TryParse(line, out var name, out var read, out var written) || IsInMemory(name)
                || IsPartition(name, disk))
            {
                continue;
            }
            disk = name.ToString();
            if (read + written > 0)
            {
                sweep.Rate($"host/disk/{disk}/read", read, "B/s", BytesPerSector);
                sweep.Rate($"host/disk/{disk}/write", written, "B/s", BytesPerSector);
            }
        }
    }

    // major minor name reads merged sectors ms writes merged sectors …
    private static bool TryParse(
        ReadOnlySpan<char> line, out ReadOnlySpan<char> name, out ulong read, out ulong written)
    {
        written = 0;
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        name = ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        if (!ProcFile.TryNextCount(ref line, out read))
        {
            return false;
        }
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        ProcFile.NextField(ref line);
        return ProcFile.TryNextCount(ref line, out written);
    }

    private static bool IsInMemory(ReadOnlySpan<char> name) =>
        name.StartsWith("loop") || name.StartsWith("ram") || name.StartsWith("zram");

    // A disk's partitions follow it: sda, sda1; nvme0n1, nvme0n1p1.
    private static bool IsPartition(ReadOnlySpan<char> name, string disk)
    {
        if (disk.Length == 0 || !name.StartsWith(disk) || name.Length == disk.Length)
        {
            return false;
        }
        var rest = name[disk.Length..];
        rest = rest[0] == 'p' ? rest[1..] : rest;
        return !rest.IsEmpty && !rest.ContainsAnyExceptInRange('0', '9');
    }
}
