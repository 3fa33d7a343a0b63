using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>libzmq's C functions, as they are.</summary>
internal static unsafe partial class ZmqNative
{
    public const string Library = "libzmq";

    static ZmqNative() => NativeLibrary.SetDllImportResolver(
        Assembly.GetExecutingAssembly(), (name, _, _) => ZmqLibrary.Resolve(name));

    [LibraryImport(Library, EntryPoint = "zmq_version")]
    public static partial void GetVersion(out int major, out int minor, out int patch);

    [LibraryImport(Library, EntryPoint = "zmq_has", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Has(string capability);

    [LibraryImport(Library, EntryPoint = "zmq_strerror")]
    public static partial nint ErrorText(int errno);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_new", SetLastError = true)]
    public static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "zmq_ctx_set", SetLastError = true)]
    public static partial int SetContext(nint context, int option, int value);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_shutdown", SetLastError = true)]
    public static partial int ShutdownContext(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_term", SetLastError = true)]
    public static partial int TerminateContext(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_socket", SetLastError = true)]
    public static partial nint NewSocket(nint context, int type);

    [LibraryImport(Library, EntryPoint = "zmq_close", SetLastError = true)]
    public static partial int CloseSocket(nint socket);

    [LibraryImport(Library, EntryPoint = "zmq_setsockopt", SetLastError = true)]
    public static partial int SetOption(nint socket, int option, void* value, nuint size);

    [LibraryImport(Library, EntryPoint = "zmq_getsockopt", SetLastError = true)]
    public static partial int GetOption(nint socket, int option, void* value, nuint* size);

    /// <summary>The same for what is read without waiting or calling back: the flag of the last frame.</summary>
    [SuppressGCTransition]
    [LibraryImport(Library, EntryPoint = "zmq_getsockopt")]
    public static partial int GetOptionAtOnce(nint socket, int option, void* value, nuint* size);

    [LibraryImport(Library, EntryPoint = "zmq_bind", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Bind(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_connect", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Connect(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_unbind", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unbind(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_disconnect", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Disconnect(nint socket, string endpoint);

    [LibraryImport(Library, EntryPoint = "zmq_recv", SetLastError = true)]
    public static partial int Receive(nint socket, byte* buffer, nuint size, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_send", SetLastError = true)]
    public static partial int Send(nint socket, byte* data, nuint size, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_init", SetLastError = true)]
    public static partial int InitMessage(ZmqMessage* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_recv", SetLastError = true)]
    public static partial int ReceiveMessage(ZmqMessage* message, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_data")]
    public static partial byte* MessageData(ZmqMessage* message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_close")]
    public static partial int CloseMessage(ZmqMessage* message);

    /// <summary>What libzmq knows of a message beside its bytes, such as "User-Id"; zero-terminated, the message's own,
    /// null where it knows nothing.</summary>
    [LibraryImport(Library, EntryPoint = "zmq_msg_gets")]
    public static partial byte* MessageProperty(ZmqMessage* message, byte* property);

    /// <summary>A message around bytes that libzmq gives back by a call, from any thread, when they have left.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "zmq_msg_init_data", SetLastError = true)]
    public static partial int InitMessage(
        ZmqMessage* message, byte* data, nuint size, delegate* unmanaged[Cdecl]<void*, void*, void> free, void* hint);

    [LibraryImport(Library, EntryPoint = "zmq_msg_send", SetLastError = true)]
    public static partial int SendMessage(ZmqMessage* message, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_poll", SetLastError = true)]
    public static partial int Poll(ZmqPollItem* items, int count, CLong milliseconds);

    [LibraryImport(Library, EntryPoint = "zmq_socket_monitor", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Monitor(nint socket, string? endpoint, int events);

    [LibraryImport(Library, EntryPoint = "zmq_curve_keypair", SetLastError = true)]
    public static partial int NewCurveKeys(byte* publicKey, byte* secretKey);

    [LibraryImport(Library, EntryPoint = "zmq_curve_public", SetLastError = true)]
    public static partial int CurvePublicKey(byte* publicKey, byte* secretKey);
}

/// <summary>zmq_pollitem_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZmqPollItem
{
    public nint Socket;
    public int Descriptor;
    public short Events;
    public short Ready;
}

/// <summary>zmq_msg_t: 64 bytes, aligned as a pointer.</summary>
[InlineArray(8)]
internal struct ZmqMessage
{
    private long _first;
}
