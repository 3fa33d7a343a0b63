using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Realtime.Protocol.ZeroMq;

/// <summary>A ZeroMQ socket. Used by one thread at a time; sending and receiving allocate nothing.</summary>
/// <remarks>Every member throws <see cref="ZmqException"/> where libzmq refuses, and
/// <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>.</remarks>
public sealed unsafe class ZmqSocket : IDisposable
{
    private const int DoNotWait = 1;
    private const int SendMore = 2;
    private const int EventIn = 1;
    private const int EventOut = 2;

    private readonly ZmqSocketHandle _handle;

    public ZmqSocket(ZmqContext context, ZmqSocketType type)
    {
        ArgumentNullException.ThrowIfNull(context);
        Type = type;
        _handle = new ZmqSocketHandle(context.Handle, type);
    }

    public ZmqSocketType Type { get; }

    /// <summary>How long <see cref="Dispose"/> leaves unsent messages to the context, in milliseconds; -1 without
    /// end. 0 at first.</summary>
    public int Linger
    {
        get => GetInt32(ZmqOption.Linger);
        set => Set(ZmqOption.Linger, value);
    }

    /// <summary>Messages queued for sending, per peer; 0 is no limit. Set before bind and connect.</summary>
    public int SendHighWaterMark
    {
        get => GetInt32(ZmqOption.SendHighWaterMark);
        set => Set(ZmqOption.SendHighWaterMark, value);
    }

    /// <summary>Messages queued as received, per peer; 0 is no limit. Set before bind and connect.</summary>
    public int ReceiveHighWaterMark
    {
        get => GetInt32(ZmqOption.ReceiveHighWaterMark);
        set => Set(ZmqOption.ReceiveHighWaterMark, value);
    }

    /// <summary>A frame of more bytes closes its connection; -1 is no limit. Set before bind and connect.</summary>
    public long MaximumMessageSize
    {
        get => GetInt64(ZmqOption.MaximumMessageSize);
        set => Set(ZmqOption.MaximumMessageSize, value);
    }

    /// <summary>Makes a ROUTER tell of peers that are not there, rather than drop what is for them.</summary>
    public bool RouterMandatory
    {
        set => Set(ZmqOption.RouterMandatory, value ? 1 : 0);
    }

    /// <summary>Queues only for connections that are up.</summary>
    public bool Immediate
    {
        get => GetInt32(ZmqOption.Immediate) != 0;
        set => Set(ZmqOption.Immediate, value ? 1 : 0);
    }

    /// <summary>The endpoint of the last bind or connect, with the port that was chosen for port 0.</summary>
    public string LastEndpoint => GetString(ZmqOption.LastEndpoint);

    /// <summary>Whether <see cref="TryReceive"/> would give a frame.</summary>
    public bool HasInput => (GetInt32(ZmqOption.Events) & EventIn) != 0;

    /// <summary>Whether a message could be sent.</summary>
    public bool HasOutput => (GetInt32(ZmqOption.Events) & EventOut) != 0;

    internal nint Native
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
            return _handle.DangerousGetHandle();
        }
    }

    /// <summary>Binds. The port 0 (<c>tcp://host:0</c>) picks a free one, which is returned.</summary>
    /// <returns>The endpoint as bound.</returns>
    public string Bind(string endpoint)
    {
        Check(ZmqNative.Bind(Native, WithWildcardPort(endpoint)), $"bind {Type} to {endpoint}");
        return LastEndpoint;
    }

    public void Unbind(string endpoint) => Check(ZmqNative.Unbind(Native, endpoint), $"unbind {endpoint}");

    public void Connect(string endpoint) =>
        Check(ZmqNative.Connect(Native, endpoint), $"connect {Type} to {endpoint}");

    public void Disconnect(string endpoint) => Check(ZmqNative.Disconnect(Native, endpoint), $"disconnect {endpoint}");

    /// <summary>Lets a SUB socket have every message whose topic starts with these bytes.</summary>
    public void Subscribe(ReadOnlySpan<byte> prefix) => Set(ZmqOption.Subscribe, prefix);

    public void Subscribe(string prefix) => Subscribe(Encoding.UTF8.GetBytes(prefix));

    public void Unsubscribe(ReadOnlySpan<byte> prefix) => Set(ZmqOption.Unsubscribe, prefix);

    /// <summary>Takes the next frame if there is one.</summary>
    /// <param name="buffer">Gets the frame, or as much of it as fits.</param>
    /// <param name="more">Whether further frames of the same message follow; they are there already.</param>
    /// <returns>The frame's size, which may be more than the buffer's; -1 when nothing is there.</returns>
    public int TryReceive(Span<byte> buffer, out bool more)
    {
        nint socket = Native;
        fixed (byte* data = buffer)
        {
            while (true)
            {
                int size = ZmqNative.Receive(socket, data, (nuint)buffer.Length, DoNotWait);
                if (size >= 0)
                {
                    more = HasMore(socket);
                    GC.KeepAlive(this);
                    return size;
                }
                int errno = Marshal.GetLastPInvokeError();
                if (errno == ZmqError.TryAgain)
                {
                    more = false;
                    return -1;
                }
                if (errno != ZmqError.Interrupted)
                    throw new ZmqException($"receive on {Type}", errno);
            }
        }
    }

    /// <summary>Takes the next frame, if there is one, and the name that the ZAP handler gave its sender.</summary>
    /// <param name="buffer">Gets the frame, or as much of it as fits.</param>
    /// <param name="user">Gets the name, or as much of it as fits.</param>
    /// <param name="userLength">The name's bytes; 0 where the connection has none.</param>
    /// <param name="more">Whether further frames of the same message follow.</param>
    /// <returns>The frame's size, which may be more than the buffer's; -1 when nothing is there.</returns>
    public int TryReceiveFrom(Span<byte> buffer, Span<byte> user, out int userLength, out bool more)
    {
        ZmqMessage message;
        nint socket = Native;
        userLength = 0;
        more = false;
        Check(ZmqNative.InitMessage(&message), "zmq_msg_init");
        try
        {
            int size = ReceiveAtOnce(socket, &message);
            if (size < 0)
                return -1;
            more = HasMore(socket);
            new ReadOnlySpan<byte>(ZmqNative.MessageData(&message), Math.Min(size, buffer.Length)).CopyTo(buffer);
            userLength = UserOf(&message, user);
            return size;
        }
        finally
        {
            _ = ZmqNative.CloseMessage(&message);
            GC.KeepAlive(this);
        }
    }

    /// <summary>Waits for the next frame.</summary>
    /// <param name="buffer">Gets the frame, or as much of it as fits.</param>
    /// <param name="timeout">How long; <see cref="Timeout.InfiniteTimeSpan"/> without end.</param>
    /// <param name="more">Whether further frames of the same message follow.</param>
    /// <returns>The frame's size, which may be more than the buffer's; -1 when the time was over.</returns>
    public int Receive(Span<byte> buffer, TimeSpan timeout, out bool more)
    {
        int size = TryReceive(buffer, out more);
        if (size >= 0 || timeout == TimeSpan.Zero)
            return size;
        var deadline = new Deadline(timeout);
        do
        {
            if (!Poll(EventIn, deadline.Remaining))
                return -1;
            size = TryReceive(buffer, out more);
        }
        while (size < 0);
        return size;
    }

    /// <summary>Waits for the next frame, whatever its size. Allocates it; for clients.</summary>
    /// <returns>Null when the time was over.</returns>
    public byte[]? ReceiveFrame(TimeSpan timeout, out bool more)
    {
        var deadline = new Deadline(timeout);
        byte[]? frame;
        while ((frame = TryReceiveFrame(out more)) is null)
        {
            if (!Poll(EventIn, deadline.Remaining))
                return null;
        }
        return frame;
    }

    /// <summary>Steps over the rest of a message.</summary>
    /// <returns>How many frames there were.</returns>
    public int SkipFrames()
    {
        int frames = 0;
        while (HasMore(Native) && TryReceive([], out _) >= 0)
            frames++;
        return frames;
    }

    /// <summary>Sends a frame if that is possible at once.</summary>
    /// <param name="frame">What to send.</param>
    /// <param name="more">Whether further frames of the same message follow.</param>
    /// <returns>False when the queue is at its high-water mark, or nobody is there to send to.</returns>
    public bool TrySend(ReadOnlySpan<byte> frame, bool more = false)
    {
        int errno = SendAtOnce(frame, more);
        if (errno == 0)
            return true;
        return errno == ZmqError.TryAgain ? false : throw new ZmqException($"send on {Type}", errno);
    }

    /// <summary>Sends a frame whose bytes stay where they are until libzmq has sent or dropped them.</summary>
    /// <param name="routingId">The frame that came first in the peer's message.</param>
    /// <param name="delimiter">Whether an empty frame goes before it, as a REQ peer needs.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="size">How many.</param>
    /// <param name="free">Called once, from any thread, when they are no longer needed; also where this fails.</param>
    public SendOutcome TrySendTo(
        ReadOnlySpan<byte> routingId, bool delimiter, byte* data, int size,
        delegate* unmanaged[Cdecl]<void*, void*, void> free)
    {
        ZmqMessage message;
        Check(ZmqNative.InitMessage(&message, data, (nuint)size, free, null), "zmq_msg_init_data");
        int errno = SendAddress(routingId, delimiter);
        if (errno == 0 && ZmqNative.SendMessage(&message, Native, DoNotWait) < 0)
            errno = Marshal.GetLastPInvokeError();
        if (errno != 0)
            _ = ZmqNative.CloseMessage(&message);
        GC.KeepAlive(this);
        return OutcomeOf(errno);
    }

    /// <summary>Sends a frame, waiting until that is possible.</summary>
    /// <returns>False when the time was over.</returns>
    public bool Send(ReadOnlySpan<byte> frame, TimeSpan timeout, bool more = false)
    {
        if (TrySend(frame, more))
            return true;
        var deadline = new Deadline(timeout);
        while (Poll(EventOut, deadline.Remaining))
        {
            if (TrySend(frame, more))
                return true;
        }
        return false;
    }

    /// <summary>Sends a message of one frame to one peer of a ROUTER with <see cref="RouterMandatory"/>, all of it
    /// or nothing.</summary>
    /// <param name="routingId">The frame that came first in the peer's message.</param>
    /// <param name="frame">What to send.</param>
    /// <param name="delimiter">Whether an empty frame goes before it, as a REQ peer needs.</param>
    public SendOutcome TrySendTo(ReadOnlySpan<byte> routingId, ReadOnlySpan<byte> frame, bool delimiter = false)
    {
        int errno = SendAddress(routingId, delimiter);
        if (errno == 0)
            errno = SendAtOnce(frame, more: false);
        return OutcomeOf(errno);
    }

    private int SendAddress(ReadOnlySpan<byte> routingId, bool delimiter)
    {
        int errno = SendAtOnce(routingId, more: true);
        return errno == 0 && delimiter ? SendAtOnce([], more: true) : errno;
    }

    private SendOutcome OutcomeOf(int errno) => errno switch
    {
        0 => SendOutcome.Sent,
        ZmqError.TryAgain => SendOutcome.WouldBlock,
        ZmqError.HostUnreachable => SendOutcome.Unroutable,
        _ => throw new ZmqException($"send on {Type}", errno),
    };

    /// <summary>Lets in only peers that know this socket's public key. Set before bind.</summary>
    public void UseCurve(ZmqCurveKeys keys)
    {
        Set(ZmqOption.CurveServer, 1);
        Set(ZmqOption.CurveSecretKey, keys.SecretKey);
    }

    /// <summary>Has the context's ZAP handler judge every peer; without a handler nobody is let in. Set before bind.
    /// </summary>
    public void AskZapHandler(string domain)
    {
        Set(ZmqOption.ZapDomain, domain);
        Set(ZmqOption.ZapEnforceDomain, 1);
    }

    /// <summary>Encrypts, with this socket's keys, to a peer with a known public key. Set before connect.</summary>
    public void UseCurve(ZmqCurveKeys keys, string serverKey)
    {
        Set(ZmqOption.CurveServerKey, serverKey);
        Set(ZmqOption.CurvePublicKey, keys.PublicKey);
        Set(ZmqOption.CurveSecretKey, keys.SecretKey);
    }

    public void Set(ZmqOption option, int value) => Set(option, &value, sizeof(int));

    public void Set(ZmqOption option, long value) => Set(option, &value, sizeof(long));

    public void Set(ZmqOption option, string value) => Set(option, Encoding.UTF8.GetBytes(value));

    public void Set(ZmqOption option, ReadOnlySpan<byte> value)
    {
        fixed (byte* data = value)
            Set(option, data, value.Length);
    }

    public int GetInt32(ZmqOption option)
    {
        int value;
        Get(option, &value, sizeof(int));
        return value;
    }

    public long GetInt64(ZmqOption option)
    {
        long value;
        Get(option, &value, sizeof(long));
        return value;
    }

    public string GetString(ZmqOption option)
    {
        byte* text = stackalloc byte[512];
        int size = Get(option, text, 512);
        return Encoding.UTF8.GetString(text, Math.Max(0, size - 1));
    }

    public void Dispose() => _handle.Dispose();

    private byte[]? TryReceiveFrame(out bool more)
    {
        ZmqMessage message;
        nint socket = Native;
        Check(ZmqNative.InitMessage(&message), "zmq_msg_init");
        try
        {
            int size = ReceiveAtOnce(socket, &message);
            more = size >= 0 && HasMore(socket);
            return size < 0 ? null : new ReadOnlySpan<byte>(ZmqNative.MessageData(&message), size).ToArray();
        }
        finally
        {
            _ = ZmqNative.CloseMessage(&message);
            GC.KeepAlive(this);
        }
    }

    /// <summary>Starts telling of connections at an inproc endpoint; null stops it.</summary>
    internal void Monitor(string? endpoint, int events)
    {
        if (!_handle.IsClosed)
            Check(ZmqNative.Monitor(Native, endpoint, events), $"monitor {Type}");
    }

    /// <summary>Waits for the socket alone.</summary>
    private bool Poll(short events, TimeSpan timeout)
    {
        var item = new ZmqPollItem { Socket = Native, Events = events };
        bool ready = ZmqPoll.Wait(new Span<ZmqPollItem>(ref item), timeout) > 0;
        GC.KeepAlive(this);
        return ready;
    }

    private int SendAtOnce(ReadOnlySpan<byte> frame, bool more)
    {
        nint socket = Native;
        fixed (byte* data = frame)
        {
            int errno;
            do
            {
                int flags = more ? DoNotWait | SendMore : DoNotWait;
                if (ZmqNative.Send(socket, data, (nuint)frame.Length, flags) >= 0)
                {
                    GC.KeepAlive(this);
                    return 0;
                }
                errno = Marshal.GetLastPInvokeError();
            }
            while (errno == ZmqError.Interrupted);
            return errno;
        }
    }

    private int ReceiveAtOnce(nint socket, ZmqMessage* message)
    {
        while (true)
        {
            int size = ZmqNative.ReceiveMessage(message, socket, DoNotWait);
            if (size >= 0)
                return size;
            int errno = Marshal.GetLastPInvokeError();
            if (errno == ZmqError.TryAgain)
                return -1;
            if (errno != ZmqError.Interrupted)
                throw new ZmqException($"receive on {Type}", errno);
        }
    }

    private static int UserOf(ZmqMessage* message, Span<byte> user)
    {
        fixed (byte* property = "User-Id\0"u8)
        {
            byte* text = ZmqNative.MessageProperty(message, property);
            if (text is null)
                return 0;
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
            name[..Math.Min(name.Length, user.Length)].CopyTo(user);
            return name.Length;
        }
    }

    private static bool HasMore(nint socket)
    {
        int value = 0;
        nuint size = sizeof(int);
        _ = ZmqNative.GetOptionAtOnce(socket, (int)ZmqOption.ReceiveMore, &value, &size);
        return value != 0;
    }

    private void Set(ZmqOption option, void* value, int size)
    {
        Check(ZmqNative.SetOption(Native, (int)option, value, (nuint)size), $"option {option} of {Type}");
        GC.KeepAlive(this);
    }

    private int Get(ZmqOption option, void* value, int size)
    {
        nuint room = (nuint)size;
        int result;
        do
            result = ZmqNative.GetOption(Native, (int)option, value, &room);
        while (result != 0 && Marshal.GetLastPInvokeError() == ZmqError.Interrupted);
        Check(result, $"option {option} of {Type}");
        GC.KeepAlive(this);
        return (int)room;
    }

    private void Check(int result, string what)
    {
        if (result != 0)
            throw new ZmqException(what, Marshal.GetLastPInvokeError());
        GC.KeepAlive(this);
    }

    // tcp://host:* is libzmq's documented way to ask for any free port.
    private static string WithWildcardPort(string endpoint) =>
        endpoint.StartsWith("tcp://", StringComparison.Ordinal) && endpoint.EndsWith(":0", StringComparison.Ordinal)
            ? endpoint[..^1] + "*"
            : endpoint;
}
