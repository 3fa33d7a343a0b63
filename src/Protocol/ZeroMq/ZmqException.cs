using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>libzmq refused something; the message says what, and libzmq's own words why.</summary>
public sealed class ZmqException : Exception
{
    internal ZmqException(string what, int errno)
        : base($"{what}: {TextOf(errno)} (errno {errno})")
    {
        Errno = errno;
    }

    /// <summary>libzmq's error number.</summary>
    public int Errno { get; }

    /// <summary>Whether the context was shut down, which is how a waiting socket is told to end.</summary>
    public bool IsTerminated => Errno == ZmqError.ContextTerminated;

    /// <summary>Whether another socket has the address that was to be bound.</summary>
    public bool IsAddressInUse => Errno == ZmqError.AddressInUse;

    private static string TextOf(int errno) => Marshal.PtrToStringUTF8(ZmqNative.ErrorText(errno)) ?? "unknown error";
}
