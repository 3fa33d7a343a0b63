using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A stretch of wire between a client and a daemon that breaks again and again, in the middle of messages; and
/// on the way back it loses what was said before it breaks, so that acknowledgements get lost.</summary>
internal sealed class BreakingWire : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _random;
    private readonly int _port;
    private readonly int _breaks;
    private readonly Task _accepting;
    private int _broken;

    /// <param name="port">Where the daemon listens.</param>
    /// <param name="breaks">How many connections break; those after them stay.</param>
    /// <param name="seed">Of when they break.</param>
    public BreakingWire(int port, int breaks, int seed)
    {
        (_port, _breaks, _random) = (port, breaks, new Random(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => string.Create(
        CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Broken => Volatile.Read(ref _broken);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _accepting.Wait();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var i = 0; ; i++)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var breaks = i < _breaks;
                // About one in three before a tick has passed, the others after up to some hundred replies.
                var up = breaks ? _random.Next(100, 60_000) : long.MaxValue;
                var down = breaks ? _random.Next(100, 6_000) : long.MaxValue;
                _ = CarryAsync(client, breaks, up, down, TimeSpan.FromMilliseconds(_random.Next(0, 40)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket client, bool breaks, long up, long down, TimeSpan silence)
    {
        using var daemon = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await daemon.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                var there = PumpAsync(client, daemon, up);
                var back = PumpAsync(daemon, client, down);
                if (await Task.WhenAny(there, back) == back)
                    await Task.Delay(silence, _stop.Token);
                if (breaks)
                    Interlocked.Increment(ref _broken);
                client.Close(0);
                daemon.Close(0);
                await Task.WhenAll(there, back);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // One of the two has gone.
            }
        }
    }

    // The last bytes go as far as the budget reaches: most often that is the middle of a message.
    private async Task PumpAsync(Socket from, Socket to, long budget)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (budget > 0)
            {
                var size = await from.ReceiveAsync(buffer, _stop.Token);
                if (size == 0)
                    return;
                size = (int)Math.Min(size, budget);
                budget -= size;
                for (var sent = 0; sent < size;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, size - sent), _stop.Token);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is over.
        }
    }
}
