using System.Globalization;
using System.Text;

namespace Realtime.Daemon.Storage;

/// <summary>The epoch of the last start, in decimal digits; on the disk before anybody hears of it.</summary>
public static class EpochFile
{
    public const string FileName = "epoch";

    private const int DigitsMax = 20;

    /// <summary>0 where there is none, or none that can be read: segments and snapshots name it too.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static ulong Read(IDisk disk)
    {
        if (!disk.List().Any(static entry => entry.Name == FileName))
            return 0;
        using var file = disk.Open(FileName);
        var text = new byte[DigitsMax + 1];
        var length = file.Read(text, 0);
        return ulong.TryParse(
            Encoding.ASCII.GetString(text, 0, length).TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture,
            out var epoch) ? epoch : 0;
    }

    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(IDisk disk, ulong epoch) => SmallFile.Write(
        disk, FileName, Encoding.ASCII.GetBytes(epoch.ToString(CultureInfo.InvariantCulture) + "\n"));
}
