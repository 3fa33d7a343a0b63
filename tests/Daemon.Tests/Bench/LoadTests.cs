using System.Diagnostics;
using Realtime.Daemon.Bench;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Tests.Bench;

/// <summary>The generators against real sockets.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("realtimed-test-");
    private readonly ZmqContext _context = new();

    public void Dispose()
    {
        _context.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Run_AgainstAPeerThatStalls_CountsTheStallInEveryTickThatItHoldsUp()
    {
        const int stall = 200;
        var endpoint = $"ipc://{_folder}/requests";
        using var stop = new CancellationTokenSource();
        var peer = EchoAsync(endpoint, stop.Token, afterMessage: 100, stallMilliseconds: stall);
        var feed = new TickFeed("bench/", 10, 1, TickForm.MapWithReply);
        using var lane = new RequestLane(_context, endpoint, feed);
        using var run = new PacedRun(lane);
        var result = run.Run(1000, TimeSpan.FromSeconds(0.5));
        await stop.CancelAsync();
        await peer;

        Assert.Equal((500, 0, 500), (result.Sent, result.Lost, result.Latencies.Count));
        // Of 500 ticks, those due in the 200 ms of the stall waited for 100 ms on average.
        Assert.True(result.Latencies.Percentile(1) >= 0.9e6 * stall);
        Assert.True(result.Latencies.Percentile(0.85) >= 0.4e6 * stall, $"{result.Latencies.Percentile(0.85)}");
    }

    [Fact]
    public async Task Run_AgainstAPeerThatDrops_CountsWhatIsLostAsLate()
    {
        var endpoint = $"ipc://{_folder}/requests";
        using var stop = new CancellationTokenSource();
        var peer = EchoAsync(endpoint, stop.Token, dropEvery: 10);
        var feed = new TickFeed("bench/", 10, 1, TickForm.MapWithReply);
        using var lane = new RequestLane(_context, endpoint, feed);
        using var run = new PacedRun(lane);
        var result = run.Run(1000, TimeSpan.FromSeconds(0.1));
        await stop.CancelAsync();
        await peer;

        Assert.Equal((100, 10), (result.Sent, result.Lost));
        Assert.True(result.Latencies.Percentile(0.95) >= 3e9);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    [InlineData(60_000)]
    public async Task Batches_OverAPlainSocket_AreCountedAsAnswered(int replySize)
    {
        var endpoint = $"ipc://{_folder}/requests";
        using var stop = new CancellationTokenSource();
        var peer = EchoAsync(endpoint, stop.Token, replySize: replySize);
        var feed = new TickFeed("bench/", 100, 1, TickForm.Array);
        var begun = Stopwatch.GetTimestamp();
        var result = Saturation.Batches(endpoint, feed, predictions: true, TimeSpan.FromSeconds(0.3));
        // It does not wait for more than there is room for.
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0.3, 3.2);
        await stop.CancelAsync();
        var messages = await peer;

        Assert.Equal(0, result.Lost);
        Assert.Equal(feed.Next, messages * Saturation.BatchLength);
        Assert.InRange(result.Ticks, 1, feed.Next);
    }

    [Theory]
    [InlineData("ipc")]
    [InlineData("tcp")]
    public async Task Batches_AgainstAPeerThatDrops_CountWhatIsLost(string transport)
    {
        using var stop = new CancellationTokenSource();
        var endpoint = transport == "tcp" ? "tcp://127.0.0.1:*" : $"ipc://{_folder}/requests";
        var (peer, bound) = BindEcho(endpoint, stop.Token, dropEvery: 10, replySize: 10_000);
        var feed = new TickFeed("bench/", 100, 1, TickForm.Array);
        var result = Saturation.Batches(bound, feed, predictions: true, TimeSpan.FromSeconds(0.3));
        await stop.CancelAsync();
        var messages = await peer;

        Assert.True(messages >= 10, $"{messages} batches");
        Assert.Equal(messages / 10 * Saturation.BatchLength, result.Lost);
        Assert.Equal(feed.Next, messages * Saturation.BatchLength);
    }

    [Fact]
    public void Connect_NobodyThere_SaysWhere()
    {
        var endpoint = $"ipc://{_folder}/nobody";
        var error = Assert.Throws<IOException>(() => new ZmtpConnection(endpoint, "DEALER"));
        Assert.Contains(endpoint, error.Message, StringComparison.Ordinal);
    }

    // Answers each message with its own bytes; returns how many there were.
    private Task<long> EchoAsync(
        string endpoint, CancellationToken stop, int afterMessage = -1, int stallMilliseconds = 0, int dropEvery = 0,
        int replySize = 0) =>
        BindEcho(endpoint, stop, afterMessage, stallMilliseconds, dropEvery, replySize).Messages;

    private (Task<long> Messages, string Endpoint) BindEcho(
        string endpoint, CancellationToken stop, int afterMessage = -1, int stallMilliseconds = 0, int dropEvery = 0,
        int replySize = 0)
    {
        var socket = new ZmqSocket(_context, ZmqSocketType.Router);
        var bound = socket.Bind(endpoint);
        var messages = Task.Run(() =>
        {
            using var owned = socket;
            var (identity, frame, messages) = (new byte[16], new byte[64 * 1024], 0L);
            while (!stop.IsCancellationRequested)
            {
                var length = socket.Receive(identity, TimeSpan.FromMilliseconds(20), out _);
                if (length < 0)
                    continue;
                var size = socket.TryReceive(frame, out _);
                if (++messages == afterMessage)
                    Thread.Sleep(stallMilliseconds);
                if (dropEvery == 0 || messages % dropEvery != 0)
                    socket.TrySendTo(identity.AsSpan(0, length), frame.AsSpan(0, Math.Max(size, replySize)));
            }

            return messages;
        }, CancellationToken.None);
        return (messages, bound);
    }
}
