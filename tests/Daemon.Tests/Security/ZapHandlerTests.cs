using System.Text;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Tests.Security;

public sealed class ZapHandlerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ZmqCurveKeys _plant = ZmqCurveKeys.Create();
    private readonly ZmqContext _context = new();
    private readonly ZmqSocket _questions;
    private readonly ZmqSocket _asker;
    private readonly ZapHandler _handler;

    public ZapHandlerTests()
    {
        _questions = new ZmqSocket(_context, ZmqSocketType.Router);
        _questions.Bind(ZapHandler.Endpoint);
        _asker = new ZmqSocket(_context, ZmqSocketType.Dealer);
        _asker.Connect(ZapHandler.Endpoint);
        var rights = new ClientRights("plant", ["*"], [""], null, false);
        _handler = new ZapHandler(new KeyRing(new KeySet(ZmqCurveKeys.Create(), [(_plant.PublicKey, rights)])));
    }

    private byte[] Key
    {
        get
        {
            var key = new byte[Z85.KeyBytes];
            Assert.True(Z85.TryReadKey(_plant.PublicKey, key));
            Assert.Equal(_plant.PublicKey, Z85.Write(key));
            return key;
        }
    }

    public void Dispose()
    {
        _questions.Dispose();
        _asker.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void A_known_key_is_let_in_by_its_name() =>
        Assert.Equal(["", "1.0", "7", "200", "OK", "plant", ""], Ask("1.0", "realtimed", "CURVE", Key));

    [Theory]
    [InlineData("1.0", "realtimed", "NULL")]
    [InlineData("1.0", "realtimed", "PLAIN")]
    [InlineData("1.1", "realtimed", "CURVE")]
    [InlineData("1.0", "other", "CURVE")]
    public void Anything_else_is_not(string version, string domain, string mechanism)
    {
        var answer = Ask(version, domain, mechanism, Key);
        Assert.Equal(("400", "", "7"), (answer[3], answer[5], answer[2]));
    }

    [Fact]
    public void Keys_that_are_not_known_or_no_keys_are_not_let_in()
    {
        var wrong = Key;
        wrong[31] ^= 1;
        foreach (var key in new[] { wrong, [], Key[..31], [.. Key, 0], new byte[400] })
            Assert.Equal("400", Ask("1.0", "realtimed", "CURVE", key)[3]);
    }

    [Fact]
    public void A_question_that_is_cut_short_or_too_long_is_answered_no_and_the_next_is_heard()
    {
        Send([], "1.0"u8.ToArray(), "7"u8.ToArray());
        Assert.Equal("400", Answer()[3]);
        Send(
            [], "1.0"u8.ToArray(), "7"u8.ToArray(), "realtimed"u8.ToArray(), [], [], "CURVE"u8.ToArray(), Key, [1],
            [2]);
        Assert.Equal("400", Answer()[3]);
        Assert.Equal("200", Ask("1.0", "realtimed", "CURVE", Key)[3]);
    }

    private string[] Ask(string version, string domain, string mechanism, byte[] credential)
    {
        Send(
            [], Bytes(version), "7"u8.ToArray(), Bytes(domain), "127.0.0.1"u8.ToArray(), [], Bytes(mechanism),
            credential);
        return Answer();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private void Send(params byte[][] frames)
    {
        for (var i = 0; i < frames.Length; i++)
            Assert.True(_asker.Send(frames[i], Patience, more: i < frames.Length - 1));
    }

    private string[] Answer()
    {
        var poll = new ZmqPoll();
        poll.Add(_questions);
        Assert.Equal(1, poll.Wait(Patience));
        Assert.True(_handler.TryAnswer(_questions));
        Assert.False(_handler.TryAnswer(_questions));
        var frames = new List<string>();
        var more = true;
        while (more)
            frames.Add(Encoding.UTF8.GetString(_asker.ReceiveFrame(Patience, out more)!));
        return [.. frames];
    }
}
