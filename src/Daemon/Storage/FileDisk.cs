using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Realtime.Daemon.Storage;

/// <summary>A directory of a Linux file system.</summary>
public sealed class FileDisk : IDisk
{
    private const int LongestText = 1024;

    private readonly SafeFileHandle _directory;
    private readonly Posix.Identity _identity;

    /// <param name="path">The directory.</param>
    /// <param name="make">It is made where it is missing, for its owner and group only.</param>
    public FileDisk(string path, bool make = true)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("state is kept on Linux only");
        Path = System.IO.Path.GetFullPath(path);
        if (make)
            Io($"make the directory {Path}", Make);
        _directory = Posix.OpenDirectory(Path);
        _identity = Posix.IdentityOf(_directory) ?? throw Posix.Error($"stat {Path}");
    }

    public string Path { get; }

    public long FreeBytes => Io($"ask the free bytes of {Path}", () => new DriveInfo(Path).AvailableFreeSpace);

    public IReadOnlyList<DiskEntry> List() => Io(
        $"list {Path}", () => (IReadOnlyList<DiskEntry>)
        [
            .. new DirectoryInfo(Path).EnumerateFiles().SelectMany(EntryOf)
                .OrderBy(static entry => entry.Name, StringComparer.Ordinal),
        ]);

    // Another thread may rename or delete it while the directory is listed.
    private static DiskEntry[] EntryOf(FileInfo file)
    {
        try
        {
            return [new DiskEntry(file.Name, file.Length)];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    public IDiskFile Create(string name)
    {
        Expect();
        return new FileDiskFile(OpenHandle(name, FileMode.Create, FileAccess.ReadWrite), Path, name);
    }

    public IDiskFile Open(string name, bool writable = false)
    {
        var access = writable ? FileAccess.ReadWrite : FileAccess.Read;
        return new FileDiskFile(OpenHandle(name, FileMode.Open, access), Path, name);
    }

    public void Rename(string from, string to)
    {
        Expect();
        Io($"rename {FullName(from)} to {to}", () => File.Move(FullName(from), FullName(to), overwrite: true));
    }

    public void Delete(string name) => Io($"delete {FullName(name)}", () => File.Delete(FullName(name)));

    public void SyncDirectory()
    {
        if (Posix.Sync(_directory) != 0)
            throw Posix.Error($"fsync {Path}");
    }

    public bool IsThere() => Posix.IdentityOf(Path) is { } now
        && now.Device == _identity.Device && now.Inode == _identity.Inode;

    public IDisposable? TryLock(string name, string text, out string holder)
    {
        Expect();
        var handle = Posix.OpenToLock(FullName(name));
        using var file = new FileDiskFile(handle, Path, name) { KeepsHandle = true };
        if (Posix.Lock(handle, Posix.LockExclusiveNow) != 0)
        {
            var error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            using (handle)
            {
                holder = error == Posix.WouldBlock ? TextOf(file) : "";
                return error == Posix.WouldBlock ? null : throw Posix.Error($"lock {FullName(name)}", error);
            }
        }

        holder = text;
        file.Truncate(0);
        file.Write(Encoding.UTF8.GetBytes(text), 0);
        return handle;
    }

    public void Dispose() => _directory.Dispose();

    internal static void Io(string what, Action action) => Io(what, () =>
    {
        action();
        return 0;
    });

    // .NET says by other types than IOException that a file may not be touched.
    internal static T Io<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{what}: {e.Message}", e);
        }
    }

    private static string TextOf(FileDiskFile file)
    {
        Span<byte> text = stackalloc byte[LongestText];
        return Encoding.UTF8.GetString(text[..file.Read(text, 0)]);
    }

    private SafeFileHandle OpenHandle(string name, FileMode mode, FileAccess access)
    {
        var what = mode == FileMode.Open ? "open" : "create";
        return Io(
            $"{what} {FullName(name)}",
            () => File.OpenHandle(FullName(name), mode, access, FileShare.ReadWrite | FileShare.Delete));
    }

    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    private void Make() => Directory.CreateDirectory(
        Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

    private void Expect()
    {
        if (!IsThere())
            throw new IOException($"the directory {Path} is gone, or another one has its name");
    }

    private string FullName(string name) => System.IO.Path.Combine(Path, name);
}
