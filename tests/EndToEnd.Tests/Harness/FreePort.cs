using System.Net;
using System.Net.Sockets;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A port that nobody listens at, for the moment.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
