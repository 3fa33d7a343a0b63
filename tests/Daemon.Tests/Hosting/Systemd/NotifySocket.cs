using System.Net.Sockets;
using System.Text;

namespace Realtime.Daemon.Tests.Hosting.Systemd;

/// <summary>The service manager's end, played by a test.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <param name="name">A path, or a name behind an @.</param>
    public NotifySocket(string name)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name));
        _socket.ReceiveTimeout = 5000;
        _socket.ReceiveBufferSize = 1 << 20;
    }

    public string Receive() => Encoding.UTF8.GetString(ReceiveBytes());

    public byte[] ReceiveBytes()
    {
        var buffer = new byte[1 << 20];
        return buffer[.._socket.Receive(buffer)];
    }

    public bool IsEmpty => !_socket.Poll(0, SelectMode.SelectRead);

    public void Dispose() => _socket.Dispose();
}
