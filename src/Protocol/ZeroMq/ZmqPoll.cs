using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>Waits for input on several sockets and file descriptors at once. Used by one thread; waiting allocates
/// nothing.</summary>
public sealed unsafe class ZmqPoll
{
    private const short In = 1;

    private readonly List<ZmqSocket> _sockets = [];
    private ZmqPollItem[] _items = [];

    /// <summary>How many sockets and descriptors there are.</summary>
    public int Count => _items.Length;

    /// <summary>Adds a socket, which stays the caller's to dispose, after the poll's last use.</summary>
    /// <returns>Its index.</returns>
    public int Add(ZmqSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _sockets.Add(socket);
        return Add(new ZmqPollItem { Socket = socket.Native, Events = In });
    }

    /// <summary>Adds a file descriptor, such as an eventfd that another thread wakes the wait with.</summary>
    /// <returns>Its index.</returns>
    public int AddDescriptor(int descriptor) => Add(new ZmqPollItem { Descriptor = descriptor, Events = In });

    /// <summary>Waits until something is there to receive.</summary>
    /// <param name="timeout">Zero: only looks. <see cref="Timeout.InfiniteTimeSpan"/>: without end. Otherwise in
    /// whole milliseconds, rounded up.</param>
    /// <returns>How many have input; 0 when the time was over.</returns>
    public int Wait(TimeSpan timeout)
    {
        int ready = Wait(_items, timeout);
        GC.KeepAlive(_sockets);
        return ready;
    }

    /// <summary>Whether the last wait found input there.</summary>
    public bool IsReady(int index) => (_items[index].Ready & In) != 0;

    internal static int Wait(Span<ZmqPollItem> items, TimeSpan timeout)
    {
        var deadline = new Deadline(timeout);
        fixed (ZmqPollItem* first = items)
        {
            while (true)
            {
                TimeSpan left = deadline.Remaining;
                double milliseconds = left < TimeSpan.Zero ? -1 : Math.Ceiling(left.TotalMilliseconds);
                int ready = ZmqNative.Poll(first, items.Length, new CLong((int)Math.Min(milliseconds, int.MaxValue)));
                if (ready >= 0)
                    return ready;
                int errno = Marshal.GetLastPInvokeError();
                if (errno != ZmqError.Interrupted)
                    throw new ZmqException("poll", errno);
            }
        }
    }

    private int Add(ZmqPollItem item)
    {
        _items = [.. _items, item];
        return _items.Length - 1;
    }
}
