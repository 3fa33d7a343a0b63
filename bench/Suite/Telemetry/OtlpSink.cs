using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Bench.Suite.Telemetry;

/// <summary>A collector that throws away what it gets.</summary>
internal sealed class OtlpSink : IDisposable
{
    private readonly HttpListener _listener = new();
    private long _bytes;

    public OtlpSink()
    {
        Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");
        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Start();
        _ = TakeAsync();
    }

    public string Endpoint { get; }

    /// <summary>Bytes taken.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public void Dispose() => _listener.Close();

    private async Task TakeAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync().ConfigureAwait(false);
                for (int size; (size = await context.Request.InputStream.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
                    Interlocked.Add(ref _bytes, size);
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
