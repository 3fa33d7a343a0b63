using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>An open socket; it holds its context until it is closed.</summary>
internal sealed class ZmqSocketHandle : SafeHandle
{
    private readonly ZmqContextHandle _context;

    public ZmqSocketHandle(ZmqContextHandle context, ZmqSocketType type)
        : base(0, ownsHandle: true)
    {
        _context = context;
        bool held = false;
        context.DangerousAddRef(ref held);
        nint socket = ZmqNative.NewSocket(context.DangerousGetHandle(), (int)type);
        if (socket == 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            context.DangerousRelease();
            throw new ZmqException($"a {type} socket", errno);
        }
        SetHandle(socket);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        bool closed = ZmqNative.CloseSocket(handle) == 0;
        _context.DangerousRelease();
        return closed;
    }
}
