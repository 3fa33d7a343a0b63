using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Realtime.Daemon.Storage;

/// <summary>What of the C library .NET has no call for.</summary>
internal static partial class Posix
{
    public const int NotSupported = 95;
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int InvalidArgument = 22;
    public const int LockExclusiveNow = 2 | 4;

    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const int CloseOnExec = 0x80000;
    private const int CreateToWrite = 0x40 | 2;
    private const int OwnerAndGroup = 0x1a0;
    private const uint LinksAndInode = 0x4 | 0x100;
    private const int StatxBytes = 256;

    /// <summary>Which file it is: device and inode; and how many names it has.</summary>
    public readonly record struct Identity(ulong Device, ulong Inode, uint Links);

    /// <summary>A descriptor of a directory.</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        var handle = new SafeFileHandle(OpenForReading(path, CloseOnExec), ownsHandle: true);
        return handle.IsInvalid ? throw Error($"open {path}") : handle;
    }

    /// <summary>A descriptor without the lock that .NET puts on every file that it opens.</summary>
    public static SafeFileHandle OpenToLock(string path)
    {
        var descriptor = OpenOrCreate(path, CloseOnExec | CreateToWrite, OwnerAndGroup);
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        return handle.IsInvalid ? throw Error($"open {path}") : handle;
    }

    /// <summary>Null where there is none.</summary>
    public static unsafe Identity? IdentityOf(string path)
    {
        var buffer = stackalloc byte[StatxBytes];
        return StatPath(CurrentDirectory, path, 0, LinksAndInode, buffer) == 0 ? FromStatx(buffer) : null;
    }

    public static unsafe Identity? IdentityOf(SafeFileHandle handle)
    {
        var buffer = stackalloc byte[StatxBytes];
        return StatHandle(handle, "", EmptyPath, LinksAndInode, buffer) == 0 ? FromStatx(buffer) : null;
    }

    /// <summary>The error of the last call that sets errno.</summary>
    public static IOException Error(string what) => Error(what, Marshal.GetLastPInvokeError());

    public static IOException Error(string what, int errno) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    /// <summary>Returns the error, and does not set it.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    public static partial int Allocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    // struct statx has the same layout on every architecture: links at 16, inode at 32, device at 136.
    private static unsafe Identity FromStatx(byte* buffer) =>
        new(*(ulong*)(buffer + 136), *(ulong*)(buffer + 32), *(uint*)(buffer + 16));

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenForReading(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenOrCreate(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatPath(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatHandle(
        SafeFileHandle file, string path, int flags, uint mask, byte* buffer);
}
