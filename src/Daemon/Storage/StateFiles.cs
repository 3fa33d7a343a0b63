using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Realtime.Daemon.Storage;

/// <summary>A segment or snapshot by its name.</summary>
/// <param name="Name">File name.</param>
/// <param name="Number">Of the segment's first, or the snapshot's last record.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct StateFile(string Name, ulong Number, long Length);

/// <summary>The names in a state directory.</summary>
public static class StateFiles
{
    private const string JournalPrefix = "journal-";
    private const string JournalSuffix = ".rtj";
    private const string SnapshotPrefix = "snapshot-";
    private const string SnapshotSuffix = ".rts";
    private const string Unfinished = ".tmp";
    private const string Damaged = ".damaged";
    private const int Digits = 20;

    public static string SegmentName(ulong first) => Name(JournalPrefix, first, JournalSuffix);

    public static string SnapshotName(ulong last) => Name(SnapshotPrefix, last, SnapshotSuffix);

    /// <summary>By their numbers, lowest first.</summary>
    public static IReadOnlyList<StateFile> Segments(IDisk disk) => Find(disk, JournalPrefix, JournalSuffix);

    /// <summary>By their numbers, lowest first.</summary>
    public static IReadOnlyList<StateFile> Snapshots(IDisk disk) => Find(disk, SnapshotPrefix, SnapshotSuffix);

    /// <summary>Whether there is, or was until it was set aside, a snapshot of that number or a higher one.</summary>
    internal static bool HasSnapshotFrom(IDisk disk, ulong number) => disk.List().Any(
        entry => entry.Name.Length >= SnapshotName(0).Length && !IsUnfinished(entry.Name)
            && TryParse(entry.Name[..SnapshotName(0).Length], SnapshotPrefix, SnapshotSuffix, out var found)
            && found >= number);

    /// <summary>Deletes what was never finished; the directory's owner calls it at start.</summary>
    public static IReadOnlyList<string> DeleteUnfinished(IDisk disk)
    {
        string[] names = [.. disk.List().Select(static entry => entry.Name).Where(static name => IsUnfinished(name))];
        foreach (var name in names)
            disk.Delete(name);
        return names;
    }

    /// <summary>Takes a file out of use without deleting it; the name it has then.</summary>
    public static string SetAside(IDisk disk, string name)
    {
        var aside = AsideName(disk, name);
        disk.Rename(name, aside);
        disk.SyncDirectory();
        return aside;
    }

    internal static string AsideName(IDisk disk, string name)
    {
        var taken = disk.List().Select(static entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        var aside = name + Damaged;
        for (var i = 2; taken.Contains(aside); i++)
            aside = string.Create(CultureInfo.InvariantCulture, $"{name}.{i}{Damaged}");
        return aside;
    }

    internal static string UnfinishedName(string name) => name + Unfinished;

    private static bool IsUnfinished(string name) => name.EndsWith(Unfinished, StringComparison.Ordinal);

    private static string Name(string prefix, ulong number, string suffix) =>
        prefix + number.ToString("D20", CultureInfo.InvariantCulture) + suffix;

    private static StateFile[] Find(IDisk disk, string prefix, string suffix) =>
    [
        .. disk.List()
            .Select(entry => TryParse(entry.Name, prefix, suffix, out var number)
                ? new StateFile(entry.Name, number.Value, entry.Length) : default)
            .Where(static file => file.Name is not null)
            .OrderBy(static file => file.Number),
    ];

    private static bool TryParse(string name, string prefix, string suffix, [NotNullWhen(true)] out ulong? number)
    {
        number = null;
        if (name.Length != prefix.Length + Digits + suffix.Length || !name.StartsWith(prefix, StringComparison.Ordinal)
            || !name.EndsWith(suffix, StringComparison.Ordinal))
            return false;
        var digits = name.AsSpan(prefix.Length, Digits);
        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        number = value;
        return true;
    }
}
