using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Daemon.Bench;

/// <summary>
/// One ZeroMQ connection spoken over a plain socket (ZMTP 3.0, NULL), for generators of load: a peer made of libzmq
/// costs about as much per message as the daemon does, and would be what is measured. Blocking; used by one thread.
/// </summary>
public sealed class ZmtpConnection : IDisposable
{
    private const int GreetingLength = 64;
    private const byte More = 1;
    private const byte Long = 2;
    private const byte Command = 4;

    private readonly Socket _socket;
    private readonly byte[] _received = new byte[256 * 1024];
    private int _end;

    // Bytes of the frame under way that have not come yet, and whether that frame ends a message.
    private long _left;
    private bool _ends;

    /// <param name="endpoint">tcp://address:port or ipc://path.</param>
    /// <param name="type">This end's socket type: "PUSH", "DEALER" or "SUB".</param>
    /// <exception cref="IOException">Nobody is there, no ZeroMQ peer, or one that wants security.</exception>
    public ZmtpConnection(string endpoint, string type)
    {
        var address = AddressOf(endpoint);
        _socket = new Socket(
            address.AddressFamily, SocketType.Stream,
            address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            _socket.ReceiveTimeout = 5000;
            _socket.Connect(address);
            if (address is IPEndPoint)
                _socket.NoDelay = true;
            ShakeHands(type);
        }
        catch (SocketException e)
        {
            _socket.Dispose();
            throw new IOException($"{endpoint}: {e.Message}", e);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>How long <see cref="Receive"/> waits.</summary>
    public TimeSpan Patience
    {
        set => _socket.ReceiveTimeout = (int)value.TotalMilliseconds;
    }

    /// <summary>Bytes received since the connection was made.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>How many bytes have to be there before <see cref="Receive"/> is woken, at first one; what is there at
    /// the end of its patience counts all the same.</summary>
    public int LeastBytes
    {
        set
        {
            const int SocketLevel = 1, ReceiveLowWater = 18;
            if (OperatingSystem.IsLinux())
                _socket.SetRawSocketOption(SocketLevel, ReceiveLowWater, BitConverter.GetBytes(value));
        }
    }

    /// <summary>Appends a message of one frame to a buffer; returns the bytes written.</summary>
    public static int Frame(ReadOnlySpan<byte> payload, Span<byte> buffer)
    {
        if (payload.Length <= byte.MaxValue)
        {
            buffer[0] = 0;
            buffer[1] = (byte)payload.Length;
            payload.CopyTo(buffer[2..]);
            return payload.Length + 2;
        }

        buffer[0] = Long;
        BinaryPrimitives.WriteInt64BigEndian(buffer[1..], payload.Length);
        payload.CopyTo(buffer[9..]);
        return payload.Length + 9;
    }

    /// <summary>Sends messages that <see cref="Frame"/> made, waiting while the peer takes none.</summary>
    public void Send(ReadOnlySpan<byte> framed)
    {
        while (!framed.IsEmpty)
            framed = framed[_socket.Send(framed)..];
    }

    public void Subscribe(string prefix)
    {
        var topic = Encoding.UTF8.GetBytes("\u0001" + prefix);
        Span<byte> framed = stackalloc byte[topic.Length + 2];
        Send(framed[..Frame(topic, framed)]);
    }

    /// <summary>Waits until a message is complete and counts those that are; they are not kept.</summary>
    /// <returns>0 when nothing came in time.</returns>
    public int Receive()
    {
        int messages;
        do
        {
            int size;
            try
            {
                size = _socket.Receive(_received.AsSpan(_end));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
            {
                return 0;
            }

            if (size == 0)
                throw new IOException("the daemon closed the connection");
            ReceivedBytes += size;
            messages = CountMessages(_end + size);
        }
        while (messages == 0);
        return messages;
    }

    public void Dispose() => _socket.Dispose();

    private int CountMessages(int end)
    {
        var (at, messages) = (0, 0);
        while (true)
        {
            var body = (int)Math.Min(_left, end - at);
            at += body;
            _left -= body;
            if (_left > 0)
                break;
            if (_ends)
                messages++;
            _ends = false;
            if (!TryReadHeader(_received.AsSpan(at, end - at), out var header, out var flags))
                break;
            at += header;
            _ends = (flags & (More | Command)) == 0;
        }

        // Only a header cut in two stays.
        _end = end - at;
        _received.AsSpan(at, _end).CopyTo(_received);
        return messages;
    }

    private bool TryReadHeader(ReadOnlySpan<byte> bytes, out int header, out byte flags)
    {
        flags = bytes.IsEmpty ? (byte)0 : bytes[0];
        header = (flags & Long) != 0 ? 9 : 2;
        if (bytes.Length < header)
            return false;
        _left = header == 9 ? BinaryPrimitives.ReadInt64BigEndian(bytes[1..]) : bytes[1];
        return true;
    }

    private void ShakeHands(string type)
    {
        Span<byte> greeting = stackalloc byte[GreetingLength];
        greeting.Clear();
        (greeting[0], greeting[9], greeting[10]) = (0xFF, 0x7F, 3);
        "NULL"u8.CopyTo(greeting[12..]);
        Send(greeting);
        ReceiveExactly(greeting);
        if (greeting[0] != 0xFF || greeting[10] < 3 || !greeting[12..].StartsWith("NULL\0"u8))
            throw new IOException("expected a ZeroMQ peer without security (ZMTP 3, NULL)");

        byte[] ready =
        [
            Command, 0, 5, .. "READY"u8,
            11, .. "Socket-Type"u8, 0, 0, 0, (byte)type.Length, .. Encoding.ASCII.GetBytes(type),
            8, .. "Identity"u8, 0, 0, 0, 0,
        ];
        ready[1] = (byte)(ready.Length - 2);
        Send(ready);
        Span<byte> header = stackalloc byte[2];
        ReceiveExactly(header);
        var body = new byte[header[1]];
        ReceiveExactly(body);
        if (header[0] != Command || !body.AsSpan(1).StartsWith("READY"u8))
            throw new IOException("the peer refused the connection");
    }

    private void ReceiveExactly(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var size = _socket.Receive(buffer);
            if (size == 0)
                throw new IOException("the peer closed the connection");
            buffer = buffer[size..];
        }
    }

    private static EndPoint AddressOf(string endpoint)
    {
        if (endpoint.StartsWith("ipc://", StringComparison.Ordinal))
        {
            var path = endpoint["ipc://".Length..];
            return new UnixDomainSocketEndPoint(path.StartsWith('@') ? "\0" + path[1..] : path);
        }

        if (Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri is { Scheme: "tcp", Port: > 0 })
        {
            return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address)
                ? new IPEndPoint(address, uri.Port)
                : new IPEndPoint(Dns.GetHostAddresses(uri.Host)[0], uri.Port);
        }

        throw new InvalidDataException($"{endpoint}: expected tcp://host:port or ipc://path");
    }
}
