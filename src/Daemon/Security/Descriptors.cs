using System.Runtime.InteropServices;

namespace Realtime.Daemon.Security;

/// <summary>File descriptors: how many there may be, and closing a connection from outside.</summary>
internal static unsafe partial class Descriptors
{
    // Files, event counters, HTTP, libzmq's own.
    private const int Reserve = 512;

    private const int OpenFiles = 7;
    private const int ReceiveAndSend = 2;

    /// <summary>How many connections the process may hold by its limit of descriptors.</summary>
    public static long ConnectionsPossible
    {
        get
        {
            Limit limit;
            return GetLimit(OpenFiles, &limit) == 0 ? (long)Math.Min(limit.Soft, long.MaxValue) - Reserve
                : long.MaxValue;
        }
    }

    /// <summary>How many connections are let in, and why fewer than asked for.</summary>
    public static (int Connections, string? Notice) Allow(int wanted)
    {
        var possible = ConnectionsPossible;
        if (wanted <= possible)
            return (wanted, null);
        var allowed = (int)Math.Max(1, possible);
        return (allowed, $"limits.connections is {wanted}, which takes {wanted + Reserve} file descriptors, and the "
            + $"process may have {possible + Reserve}: at most {allowed} connections are let in (LimitNOFILE= in the "
            + "unit, ulimit -n)");
    }

    /// <summary>Ends a connection; its owner sees that the peer has gone. What is no socket any more is left alone.
    /// </summary>
    public static void ShutDown(int descriptor) => _ = Shutdown(descriptor, ReceiveAndSend);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, Limit* limit);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
