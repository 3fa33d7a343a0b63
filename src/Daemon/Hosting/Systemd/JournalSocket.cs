using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>The journal's socket, where standard error goes to the journal as well.</summary>
internal sealed partial class JournalSocket : IDisposable
{
    private const string Path = "/run/systemd/journal/socket";
    private const string StandardError = "/proc/self/fd/2";

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint _address;

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public JournalSocket(string path)
    {
        _address = new UnixDomainSocketEndPoint(path);
        _socket.SendTimeout = 1000;
        // Entries may be large: what does not fit is told by standard error.
        _socket.SendBufferSize = 1 << 20;
        _socket.Connect(_address);
    }

    /// <summary>Null where standard error goes elsewhere, or the journal does not listen.</summary>
    public static JournalSocket? TryOpen()
    {
        var stream = Environment.GetEnvironmentVariable("JOURNAL_STREAM");
        if (!File.Exists(Path) || !IsStream(stream, File.ResolveLinkTarget(StandardError, false)?.Name))
            return null;
        try
        {
            return new JournalSocket(Path);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Whether "device:inode" is what "socket:[inode]" is.</summary>
    internal static bool IsStream(string? stream, string? link) =>
        stream?.Split(':') is [_, var inode] && link is not null
        && SocketLink().Match(link) is { Success: true } match
        && match.Groups[1].Value == inode && ulong.TryParse(inode, CultureInfo.InvariantCulture, out _);

    /// <summary>False where it is too large, or not read.</summary>
    public bool TrySend(JournalEntry entry)
    {
        try
        {
            return _socket.Send(entry.Bytes) == entry.Bytes.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();

    [GeneratedRegex(@"^socket:\[(\d+)\]$")]
    private static partial Regex SocketLink();
}
