using System.Globalization;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A file system of a few megabytes, in memory, that can be filled up.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    public SmallDisk(string path, int megabytes)
    {
        _path = path;
        Directory.CreateDirectory(path);
        var size = string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m");
        Assert.True(Command.Succeeds("mount", "-t", "tmpfs", "-o", size, "tmpfs", path), $"a small disk at {path}");
    }

    /// <summary>Whether this machine lets one be made.</summary>
    public static bool CanBeMade { get; } = TryMake();

    private string Filler => Path.Combine(_path, "filler");

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Clear() => File.Delete(Filler);

    public void Dispose() => Command.Succeeds("umount", "-l", _path);

    private static bool TryMake()
    {
        var path = DaemonProcess.TemporaryFolder();
        var isMade = Command.Succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path);
        if (isMade)
            Command.Succeeds("umount", path);
        Directory.Delete(path);
        return isMade;
    }
}

/// <summary>A theory that needs a small disk; skipped, and said so, where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    public SmallDiskTheoryAttribute()
    {
        if (!SmallDisk.CanBeMade)
            Skip = "a file system in memory can't be mounted here: needs root";
    }
}
