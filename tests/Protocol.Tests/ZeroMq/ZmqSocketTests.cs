using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol.Tests.ZeroMq;

public sealed partial class ZmqSocketTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly ZmqContext _context = new();
    private readonly List<ZmqSocket> _sockets = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("zmq").FullName;

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _context.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void The_library_is_there_and_new_enough()
    {
        ZmqLibrary.Require();
        Assert.True(ZmqLibrary.Version >= ZmqLibrary.MinimumVersion);
        Assert.True(ZmqLibrary.Has("ipc"));
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:0")]
    [InlineData("ipc://{0}/socket")]
    public void Push_reaches_pull(string endpoint)
    {
        (ZmqSocket pull, ZmqSocket push) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push, endpoint);
        Assert.True(push.Send("one"u8, Patience));
        Assert.True(push.Send("two"u8, Patience, more: true));
        Assert.True(push.Send("three"u8, Patience));
        Assert.Equal(("one", false), Receive(pull));
        Assert.Equal(("two", true), Receive(pull));
        Assert.Equal(("three", false), Receive(pull));
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:0")]
    [InlineData("ipc://{0}/socket")]
    public void Dealer_and_router_talk(string endpoint)
    {
        (ZmqSocket router, ZmqSocket dealer) = Pair(ZmqSocketType.Router, ZmqSocketType.Dealer, endpoint);
        Assert.True(dealer.Send("ask"u8, Patience));
        byte[] routingId = ReceiveBytes(router, out bool more);
        Assert.True(more);
        Assert.Equal(("ask", false), Receive(router));
        Assert.Equal(SendOutcome.Sent, router.TrySendTo(routingId, "answer"u8));
        Assert.Equal(("answer", false), Receive(dealer));
    }

    [Fact]
    public void Req_gets_its_answer_behind_a_delimiter()
    {
        (ZmqSocket router, ZmqSocket req) = Pair(ZmqSocketType.Router, ZmqSocketType.Req);
        Assert.True(req.Send("ask"u8, Patience));
        byte[] routingId = ReceiveBytes(router, out _);
        Assert.Equal(("", true), Receive(router));
        Assert.Equal(("ask", false), Receive(router));
        Assert.Equal(SendOutcome.Sent, router.TrySendTo(routingId, "answer"u8, delimiter: true));
        Assert.Equal(("answer", false), Receive(req));
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:0")]
    [InlineData("ipc://{0}/socket")]
    public void Sub_gets_what_it_subscribed_to(string endpoint)
    {
        (ZmqSocket pub, ZmqSocket sub) = Pair(ZmqSocketType.Pub, ZmqSocketType.Sub, endpoint);
        sub.Subscribe("p/");
        long start = Stopwatch.GetTimestamp();
        byte[] buffer = new byte[16];
        do
        {
            Assert.True(pub.TrySend("x/1"u8) && pub.TrySend("p/1"u8, more: true) && pub.TrySend("payload"u8));
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "nothing came");
        }
        while (sub.Receive(buffer, Moment, out _) < 0);
        Assert.Equal("p/1", Encoding.UTF8.GetString(buffer, 0, 3));
        Assert.Equal(("payload", false), Receive(sub));
    }

    [Fact]
    public void Bind_ToPortZero_TellsThePort()
    {
        ZmqSocket first = Open(ZmqSocketType.Pull);
        ZmqSocket second = Open(ZmqSocketType.Pull);
        string one = first.Bind("tcp://127.0.0.1:0");
        string other = second.Bind("tcp://127.0.0.1:0");
        Assert.NotEqual(one, other);
        Assert.Equal(one, first.LastEndpoint);
        Assert.InRange(new Uri(one).Port, 1, 65535);
    }

    [Fact]
    public void Bind_ToATakenPort_SaysWhichAndWhy()
    {
        string endpoint = Open(ZmqSocketType.Pull).Bind("tcp://127.0.0.1:0");
        var error = Assert.Throws<ZmqException>(() => Open(ZmqSocketType.Pull).Bind(endpoint));
        Assert.Contains(endpoint, error.Message, StringComparison.Ordinal);
        Assert.Contains("Address already in use", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connect_ToNonsense_Throws() =>
        Assert.Throws<ZmqException>(() => Open(ZmqSocketType.Push).Connect("nonsense"));

    [Fact]
    public void TryReceive_IntoASmallBuffer_GivesWhatFitsAndTheFullSize()
    {
        (ZmqSocket pull, ZmqSocket push) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        Assert.True(push.Send("0123456789"u8, Patience));
        byte[] buffer = [9, 9, 9, 9, 9, 9];
        Assert.Equal(10, pull.Receive(buffer.AsSpan(0, 4), Patience, out bool more));
        Assert.False(more);
        Assert.Equal("0123"u8, buffer.AsSpan(0, 4));
        Assert.Equal([9, 9], buffer[4..]);
        Assert.Equal(-1, pull.TryReceive(buffer, out _));
    }

    [Fact]
    public void ReceiveFrame_OfAnySize_GivesItWhole()
    {
        (ZmqSocket pull, ZmqSocket push) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        foreach (int size in (int[])[0, 1, 33, 100_000, 3_000_000])
        {
            byte[] frame = new byte[size];
            new Random(size).NextBytes(frame);
            Assert.True(push.Send(frame, Patience));
            Assert.Equal(frame, pull.ReceiveFrame(Patience, out bool more));
            Assert.False(more);
        }
        Assert.Null(pull.ReceiveFrame(Moment, out _));
    }

    [Fact]
    public void SkipFrames_StepsOverTheRestOfAMessageOnly()
    {
        (ZmqSocket pull, ZmqSocket push) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        Assert.Equal(0, pull.SkipFrames());
        foreach ((string text, bool more) in (IEnumerable<(string, bool)>)[("a", true), ("b", true), ("c", false)])
            Assert.True(push.Send(Encoding.UTF8.GetBytes(text), Patience, more));
        Assert.True(push.Send("next"u8, Patience));
        Assert.Equal(("a", true), Receive(pull));
        Assert.Equal(2, pull.SkipFrames());
        Assert.Equal(0, pull.SkipFrames());
        Assert.Equal(("next", false), Receive(pull));
    }

    [Fact]
    public void Waits_end_when_their_time_is_over()
    {
        ZmqSocket pull = Open(ZmqSocketType.Pull);
        pull.Bind("tcp://127.0.0.1:0");
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(-1, pull.Receive(new byte[1], Moment, out _));
        Assert.True(Stopwatch.GetElapsedTime(start) >= Moment);
        ZmqSocket push = Open(ZmqSocketType.Push);
        start = Stopwatch.GetTimestamp();
        Assert.False(push.Send("x"u8, Moment));
        Assert.True(Stopwatch.GetElapsedTime(start) >= Moment);
    }

    [Fact]
    public void TrySend_AtTheHighWaterMark_IsFalse()
    {
        ZmqSocket push = Open(ZmqSocketType.Push);
        push.SendHighWaterMark = 10;
        push.Connect("tcp://127.0.0.1:1");
        int sent = 0;
        while (sent <= 10 && push.TrySend("x"u8))
            sent++;
        Assert.Equal(10, sent);
        Assert.False(push.HasOutput);
    }

    [Fact]
    public void TrySendTo_APeerThatIsNotThere_IsUnroutable()
    {
        (ZmqSocket router, ZmqSocket dealer) = Pair(ZmqSocketType.Router, ZmqSocketType.Dealer);
        Assert.Equal(SendOutcome.Unroutable, router.TrySendTo("nobody"u8, "x"u8));
        dealer.TrySend("x"u8);
        byte[] routingId = ReceiveBytes(router, out _);
        Receive(router);
        dealer.Dispose();
        SendOutcome outcome = SendOutcome.Sent;
        long start = Stopwatch.GetTimestamp();
        while (outcome != SendOutcome.Unroutable && Stopwatch.GetElapsedTime(start) < Patience)
        {
            // In time for the connection's end to be seen before the queue is full.
            Thread.Sleep(5);
            outcome = router.TrySendTo(routingId, "x"u8);
        }
        Assert.Equal(SendOutcome.Unroutable, outcome);
    }

    [Fact]
    public void TrySendTo_APeerThatDoesNotRead_WouldBlockInTheEnd()
    {
        ZmqSocket router = Open(ZmqSocketType.Router);
        router.RouterMandatory = true;
        router.SendHighWaterMark = 5;
        ZmqSocket dealer = Open(ZmqSocketType.Dealer);
        dealer.ReceiveHighWaterMark = 5;
        dealer.Set(ZmqOption.RoutingId, "slow");
        dealer.Connect(router.Bind("tcp://127.0.0.1:0"));
        dealer.TrySend("x"u8);
        Receive(router);
        Receive(router);
        byte[] frame = new byte[1 << 20];
        SendOutcome outcome = SendOutcome.Sent;
        for (int i = 0; i < 200 && outcome == SendOutcome.Sent; i++)
            outcome = router.TrySendTo("slow"u8, frame);
        Assert.Equal(SendOutcome.WouldBlock, outcome);
        Assert.Equal(frame.Length, dealer.ReceiveFrame(Patience, out bool more)!.Length);
        Assert.False(more);
    }

    [Fact]
    public void A_frame_over_the_maximum_closes_its_connection()
    {
        ZmqSocket pull = Open(ZmqSocketType.Pull);
        pull.MaximumMessageSize = 1000;
        ZmqSocket push = Open(ZmqSocketType.Push);
        push.Connect(pull.Bind("tcp://127.0.0.1:0"));
        Assert.True(push.Send(new byte[1000], Patience));
        Assert.Equal(1000, pull.Receive(new byte[1], Patience, out _));
        Assert.True(push.Send(new byte[1001], Patience));
        Assert.Equal(-1, pull.Receive(new byte[1], TimeSpan.FromMilliseconds(300), out _));
        byte[]? frame = null;
        for (int i = 0; i < 100 && frame is null; i++)
        {
            push.TrySend("again"u8);
            frame = pull.ReceiveFrame(TimeSpan.FromMilliseconds(100), out _);
        }
        Assert.Equal("again"u8.ToArray(), frame);
    }

    [Fact]
    public void Poll_TellsWhichSocketsAndDescriptorsHaveInput()
    {
        (ZmqSocket first, ZmqSocket toFirst) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        (ZmqSocket second, _) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        string pipe = Path.Combine(_directory, "file");
        File.WriteAllText(pipe, "always readable");
        using var file = File.OpenHandle(pipe);
        var poll = new ZmqPoll();
        Assert.Equal((0, 1), (poll.Add(first), poll.Add(second)));
        Assert.Equal(0, poll.Wait(TimeSpan.Zero));
        Assert.True(toFirst.Send("x"u8, Patience));
        Assert.Equal(1, poll.Wait(Patience));
        Assert.True(poll.IsReady(0) && !poll.IsReady(1));
        Assert.True(first.HasInput && !second.HasInput);
        Assert.Equal(2, poll.AddDescriptor((int)file.DangerousGetHandle()));
        Assert.Equal(2, poll.Wait(Timeout.InfiniteTimeSpan));
        Assert.True(poll.IsReady(2));
        Assert.Equal(3, poll.Count);
    }

    [Fact]
    public void Shutdown_EndsAWaitOnAnotherThread()
    {
        var context = new ZmqContext();
        var pull = new ZmqSocket(context, ZmqSocketType.Pull);
        pull.Bind("tcp://127.0.0.1:0");
        Exception? caught = null;
        var thread = new Thread(() => caught = Record.Exception(
            () => pull.Receive(new byte[1], Timeout.InfiniteTimeSpan, out _)));
        thread.Start();
        Thread.Sleep(Moment);
        context.Shutdown();
        Assert.True(thread.Join(Patience));
        Assert.True(Assert.IsType<ZmqException>(caught).IsTerminated);
        pull.Dispose();
        context.Dispose();
    }

    [Fact]
    public void A_context_disposed_before_its_sockets_waits_for_none()
    {
        var context = new ZmqContext();
        var pull = new ZmqSocket(context, ZmqSocketType.Pull);
        context.Dispose();
        Assert.Throws<ZmqException>(() => pull.TryReceive(new byte[1], out _));
        pull.Dispose();
        pull.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pull.TryReceive(new byte[1], out _));
    }

    [Fact]
    public void Options_keep_what_they_are_set_to()
    {
        ZmqSocket socket = Open(ZmqSocketType.Router);
        Assert.Equal(0, socket.Linger);
        socket.Linger = 250;
        socket.SendHighWaterMark = 11;
        socket.ReceiveHighWaterMark = 12;
        socket.MaximumMessageSize = 1L << 40;
        socket.Immediate = true;
        Assert.Equal(
            (250, 11, 12, 1L << 40, true),
            (socket.Linger, socket.SendHighWaterMark, socket.ReceiveHighWaterMark, socket.MaximumMessageSize,
                socket.Immediate));
        (ZmqOption Option, int Value)[] options =
        [
            (ZmqOption.Backlog, 50), (ZmqOption.TcpKeepAlive, 1), (ZmqOption.TcpKeepAliveIdle, 30),
            (ZmqOption.TcpKeepAliveInterval, 5), (ZmqOption.TcpKeepAliveCount, 3), (ZmqOption.IPv6, 1),
            (ZmqOption.HandshakeInterval, 5000), (ZmqOption.HeartbeatInterval, 1000),
            (ZmqOption.HeartbeatTimeout, 3000), (ZmqOption.HeartbeatTimeToLive, 3000),
            (ZmqOption.ReconnectInterval, 20), (ZmqOption.ReconnectIntervalMaximum, 1000),
            (ZmqOption.SendBuffer, 65536), (ZmqOption.ReceiveBuffer, 65536), (ZmqOption.ConnectTimeout, 1000),
        ];
        foreach ((ZmqOption option, int value) in options)
        {
            socket.Set(option, value);
            Assert.Equal(value, socket.GetInt32(option));
        }
        Assert.Throws<ZmqException>(() => socket.Set((ZmqOption)9999, 1));
    }

    [Fact]
    public void Curve_lets_in_only_who_has_the_servers_key()
    {
        Assert.True(ZmqLibrary.Has("curve"));
        var server = ZmqCurveKeys.Create();
        var client = ZmqCurveKeys.Create();
        Assert.Equal(server.PublicKey, ZmqCurveKeys.PublicKeyOf(server.SecretKey));
        ZmqSocket pull = Open(ZmqSocketType.Pull);
        pull.UseCurve(server);
        string endpoint = pull.Bind("tcp://127.0.0.1:0");
        ZmqSocket plain = Open(ZmqSocketType.Push);
        plain.Connect(endpoint);
        plain.TrySend("plain"u8);
        ZmqSocket push = Open(ZmqSocketType.Push);
        push.UseCurve(client, server.PublicKey);
        push.Connect(endpoint);
        Assert.True(push.Send("secret"u8, Patience));
        Assert.Equal(("secret", false), Receive(pull));
        Assert.Equal(-1, pull.Receive(new byte[1], Moment, out _));
    }

    [Fact]
    public void A_monitor_tells_who_comes_and_goes()
    {
        ZmqSocket pull = Open(ZmqSocketType.Pull);
        using var monitor = new ZmqMonitor(
            _context, pull, "pull", ZmqConnectionEvents.Accepted | ZmqConnectionEvents.Disconnected);
        ZmqSocket push = Open(ZmqSocketType.Push);
        push.Connect(pull.Bind("tcp://127.0.0.1:0"));
        Assert.Equal(ZmqConnectionEvents.Accepted, Next());
        push.Send("x"u8, Patience);
        Receive(pull);
        push.Dispose();
        Assert.Equal(ZmqConnectionEvents.Disconnected, Next());
        Assert.False(monitor.TryReceive(out _, out _));

        ZmqConnectionEvents Next()
        {
            var poll = new ZmqPoll();
            poll.Add(monitor.Socket);
            Assert.Equal(1, poll.Wait(Patience));
            Assert.True(monitor.TryReceive(out ZmqConnectionEvents kind, out _));
            return kind;
        }
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void A_wait_goes_on_through_signals()
    {
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => { });
        (ZmqSocket pull, ZmqSocket push) = Pair(ZmqSocketType.Pull, ZmqSocketType.Push);
        nint waiting = 0;
        string text = "";
        Exception? caught = null;
        var thread = new Thread(() =>
        {
            Volatile.Write(ref waiting, CurrentThread());
            caught = Record.Exception(() => text = Receive(pull).Text);
        });
        thread.Start();
        while (Volatile.Read(ref waiting) == 0)
            Thread.Sleep(1);
        const int continueSignal = 18;
        for (int i = 0; i < 20; i++)
        {
            Thread.Sleep(5);
            Assert.Equal(0, Signal(waiting, continueSignal));
        }
        Assert.True(push.Send("x"u8, Patience));
        Assert.True(thread.Join(Patience));
        Assert.Null(caught);
        Assert.Equal("x", text);
    }

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int Signal(nint thread, int signal);

    private ZmqSocket Open(ZmqSocketType type)
    {
        var socket = new ZmqSocket(_context, type);
        _sockets.Add(socket);
        return socket;
    }

    private (ZmqSocket Bound, ZmqSocket Connected) Pair(
        ZmqSocketType bound, ZmqSocketType connected, string endpoint = "tcp://127.0.0.1:0")
    {
        ZmqSocket one = Open(bound);
        ZmqSocket other = Open(connected);
        if (bound == ZmqSocketType.Router)
            one.RouterMandatory = true;
        other.Connect(one.Bind(endpoint.Replace("{0}", _directory, StringComparison.Ordinal)));
        return (one, other);
    }

    private static (string Text, bool More) Receive(ZmqSocket socket) =>
        (Encoding.UTF8.GetString(ReceiveBytes(socket, out bool more)), more);

    private static byte[] ReceiveBytes(ZmqSocket socket, out bool more)
    {
        byte[] buffer = new byte[256];
        int size = socket.Receive(buffer, Patience, out more);
        Assert.True(size >= 0, "nothing came in time");
        return buffer[..size];
    }
}
