using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite.EndToEnd;

/// <summary>The daemon's sockets in C with nothing behind them: bench/peers/zmq_peer.c.</summary>
internal sealed class EchoPeer : IDisposable
{
    private readonly Process _process;

    private EchoPeer(Process process, BenchEndpoints endpoints)
    {
        _process = process;
        Endpoints = endpoints;
    }

    public BenchEndpoints Endpoints { get; }

    /// <summary>Starts it; null, and a line that says so, where it can't be had.</summary>
    /// <param name="program">The program.</param>
    /// <param name="topic">The topic it publishes under.</param>
    /// <param name="reply">Bytes of its replies.</param>
    /// <param name="prediction">Bytes of what it publishes.</param>
    public static EchoPeer? TryStart(string program, string topic, int reply, int prediction)
    {
        try
        {
            var endpoints = FreeEndpoints();
            var process = Process.Start(new ProcessStartInfo(
                program,
                [
                    endpoints.Requests!, endpoints.Ingest!, endpoints.Predictions!,
                    reply.ToString(CultureInfo.InvariantCulture), topic,
                    prediction.ToString(CultureInfo.InvariantCulture),
                ])
            { RedirectStandardOutput = true })!;
            if (process.StandardOutput.ReadLine() == "ready")
                return new EchoPeer(process, endpoints);
            Console.WriteLine("LEFT OUT: the libzmq echo did not start; its rows are missing");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Console.WriteLine($"LEFT OUT: the libzmq echo can't be had ({e.Message}); its rows are missing");
        }

        return null;
    }

    /// <summary>Three endpoints on ports that nobody uses now.</summary>
    public static BenchEndpoints FreeEndpoints()
    {
        var sockets = Enumerable.Range(0, 3).Select(static _ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        sockets.ForEach(static socket => socket.Start());
        var ports = sockets.Select(static socket => ((IPEndPoint)socket.LocalEndpoint).Port).ToList();
        sockets.ForEach(static socket => socket.Stop());
        string At(int i) => string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{ports[i]}");
        return new BenchEndpoints(At(0), At(1), At(2));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
