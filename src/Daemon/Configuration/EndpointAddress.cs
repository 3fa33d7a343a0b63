using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Daemon.Configuration;

/// <summary>An endpoint taken apart: <c>scheme://host:port</c>, or <c>ipc://path</c> with port -1.</summary>
internal readonly record struct EndpointAddress(string Scheme, string Host, int Port)
{
    // sockaddr_un has 108 bytes for the path and its final zero.
    private const int LongestIpcPath = 107;

    private bool IsEveryHost => Host is "*" or "0.0.0.0" or "[::]";

    /// <summary>Only this machine reaches it: an address of the loopback interface, or a Unix socket.</summary>
    public bool IsLocal => Scheme == "ipc" || Host is "localhost" or "lo"
        || IPAddress.TryParse(Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);

    public static bool TryParseTcp(string text, out EndpointAddress address) => TryParse(text, "tcp", out address);

    public static bool TryParseHttp(string text, out EndpointAddress address) => TryParse(text, "http", out address);

    public static bool TryParseIpc(string text, out EndpointAddress address)
    {
        address = default;
        if (!text.StartsWith("ipc://", StringComparison.Ordinal))
        {
            return false;
        }
        var path = text["ipc://".Length..];
        address = new("ipc", path, -1);
        return path.Length > 0 && !path.Any(char.IsControl) && Encoding.UTF8.GetByteCount(path) <= LongestIpcPath;
    }

    /// <summary>Whether binding both would fail.</summary>
    public bool ConflictsWith(EndpointAddress other)
    {
        if (Port == 0 || Port != other.Port)
        {
            return false;
        }
        return Port < 0
            ? Host == other.Host && Host != "*"
            : IsEveryHost || other.IsEveryHost || Canonical(Host) == Canonical(other.Host);
    }

    private static bool TryParse(string text, string scheme, out EndpointAddress address)
    {
        address = default;
        var prefix = scheme + "://";
        var colon = text.LastIndexOf(':');
        if (!text.StartsWith(prefix, StringComparison.Ordinal) || colon <= prefix.Length)
        {
            return false;
        }
        var host = text[prefix.Length..colon];
        address = new(scheme, host, -1);
        if (!IsHost(host) || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out var port) || port > 65535)
        {
            return false;
        }
        address = address with { Port = port };
        return true;
    }

    private static bool IsHost(string host)
    {
        if (host[0] == '[')
        {
            return host[^1] == ']' && IPAddress.TryParse(host[1..^1], out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6;
        }
        if (host.All(c => char.IsAsciiDigit(c) || c == '.'))
        {
            return host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out _);
        }
        return host == "*" || host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
    }

    private static string Canonical(string host)
    {
        var name = host.ToLowerInvariant();
        return name == "localhost" ? "127.0.0.1" : name;
    }
}
