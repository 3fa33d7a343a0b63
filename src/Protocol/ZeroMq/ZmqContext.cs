using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>libzmq's context: its I/O threads and the room that its sockets share. Thread-safe.</summary>
/// <remarks>Sockets are closed before their context; until the last is, the context stays. Sockets start with a
/// linger of 0: what is unsent when one is closed is gone, unless <see cref="ZmqSocket.Linger"/> says otherwise.
/// </remarks>
public sealed class ZmqContext : IDisposable
{
    private const int IoThreadsOption = 1;
    private const int MaximumSocketsOption = 2;
    private const int BlockyOption = 70;

    private readonly ZmqContextHandle _handle;

    /// <param name="ioThreads">libzmq's threads for the network; one carries about a gigabyte a second.</param>
    /// <param name="maximumSockets">How many sockets (connections not counted) there can be.</param>
    /// <exception cref="DllNotFoundException">libzmq is missing.</exception>
    /// <exception cref="NotSupportedException">libzmq is too old.</exception>
    public ZmqContext(int ioThreads = 1, int maximumSockets = 1023)
    {
        ZmqLibrary.Require();
        nint context = ZmqNative.NewContext();
        if (context == 0)
            throw new ZmqException("zmq_ctx_new", Marshal.GetLastPInvokeError());
        _handle = new ZmqContextHandle(context);
        Set(IoThreadsOption, ioThreads);
        Set(MaximumSocketsOption, maximumSockets);
        Set(BlockyOption, 0);
    }

    internal ZmqContextHandle Handle => _handle;

    /// <summary>Makes every wait on the context's sockets end with a <see cref="ZmqException"/> that
    /// <see cref="ZmqException.IsTerminated"/>; the sockets remain to be disposed.</summary>
    public void Shutdown()
    {
        if (!_handle.IsClosed)
            _ = ZmqNative.ShutdownContext(_handle.DangerousGetHandle());
    }

    public void Dispose()
    {
        Shutdown();
        _handle.Dispose();
    }

    private void Set(int option, int value)
    {
        if (ZmqNative.SetContext(_handle.DangerousGetHandle(), option, value) != 0)
            throw new ZmqException($"context option {option} = {value}", Marshal.GetLastPInvokeError());
    }
}

internal sealed class ZmqContextHandle : SafeHandle
{
    public ZmqContextHandle(nint context)
        : base(0, ownsHandle: true)
    {
        SetHandle(context);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        int result;
        do
            result = ZmqNative.TerminateContext(handle);
        while (result != 0 && Marshal.GetLastPInvokeError() == ZmqError.Interrupted);
        return result == 0;
    }
}
