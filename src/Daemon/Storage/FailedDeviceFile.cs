using System.Text;

namespace Realtime.Daemon.Storage;

/// <summary>
/// What a device said when it failed under the daemon. As long as it stands here, starts that may choose stay away from
/// devices: one that works at a start and fails under load would end the daemon again and again.
/// </summary>
public static class FailedDeviceFile
{
    public const string FileName = "device-failed";

    private const int BytesMax = 4096;

    /// <summary>Null where none failed since the last clean end.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static string? Read(IDisk disk)
    {
        if (!IsThere(disk))
            return null;
        using var file = disk.Open(FileName);
        var text = new byte[BytesMax];
        return Encoding.UTF8.GetString(text, 0, file.Read(text, 0)).TrimEnd('\n');
    }

    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(IDisk disk, string text) =>
        SmallFile.Write(disk, FileName, Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n"));

    /// <summary>The daemon ended as it should, with or without a device.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Delete(IDisk disk)
    {
        if (IsThere(disk))
            disk.Delete(FileName);
    }

    private static bool IsThere(IDisk disk) => disk.List().Any(static entry => entry.Name == FileName);
}
