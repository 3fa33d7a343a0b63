using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Security;

/// <summary>
/// Answers libzmq's questions whom to let in (ZAP, ZeroMQ RFC 27): whoever has a key of the ring, by CURVE.
/// </summary>
/// <param name="ring">The keys in force.</param>
public sealed class ZapHandler(KeyRing ring)
{
    /// <summary>Where libzmq asks.</summary>
    public const string Endpoint = "inproc://zeromq.zap.01";

    /// <summary>What the sockets say they are asked for.</summary>
    public const string Domain = "realtimed";

    private const int FrameMax = 256;

    private readonly byte[] _identity = new byte[FrameMax];
    private readonly byte[] _version = new byte[FrameMax];
    private readonly byte[] _request = new byte[FrameMax];
    private readonly byte[] _mechanism = new byte[FrameMax];
    private readonly byte[] _credential = new byte[FrameMax];
    private readonly byte[] _skipped = new byte[FrameMax];

    /// <summary>Answers the next question, if there is one; false where there is none.</summary>
    /// <param name="socket">A ROUTER bound to <see cref="Endpoint"/>.</param>
    public bool TryAnswer(ZmqSocket socket)
    {
        var size = socket.TryReceive(_identity, out var more);
        if (size < 0)
            return false;
        // An empty frame, version, request id, domain, address, routing id, mechanism, credentials.
        var identity = _identity.AsSpan(0, size);
        Take(socket, _skipped, ref more);
        var version = Take(socket, _version, ref more);
        var request = Take(socket, _request, ref more);
        var domain = Take(socket, _skipped, ref more);
        var isOurs = domain.SequenceEqual("realtimed"u8);
        Take(socket, _skipped, ref more);
        Take(socket, _skipped, ref more);
        var mechanism = Take(socket, _mechanism, ref more);
        var credential = Take(socket, _credential, ref more);
        var isWhole = !more && version.SequenceEqual("1.0"u8);
        socket.SkipFrames();
        Answer(socket, identity, request, isWhole && isOurs ? Judge(mechanism, credential) : []);
        return true;
    }

    /// <summary>The name of who may come in; empty for who may not.</summary>
    /// <param name="mechanism">"CURVE", or another that does not do.</param>
    /// <param name="credential">The public key, 32 bytes.</param>
    public ReadOnlySpan<byte> Judge(ReadOnlySpan<byte> mechanism, ReadOnlySpan<byte> credential) =>
        mechanism.SequenceEqual("CURVE"u8) ? ring.Keys.NameOf(credential) : [];

    private static void Answer(
        ZmqSocket socket, ReadOnlySpan<byte> identity, ReadOnlySpan<byte> request, ReadOnlySpan<byte> name)
    {
        var isKnown = !name.IsEmpty;
        // libzmq waits for the answer, so there is room for it.
        socket.TrySend(identity, more: true);
        socket.TrySend([], more: true);
        socket.TrySend("1.0"u8, more: true);
        socket.TrySend(request, more: true);
        socket.TrySend(isKnown ? "200"u8 : "400"u8, more: true);
        socket.TrySend(isKnown ? "OK"u8 : "no key that is known here"u8, more: true);
        socket.TrySend(name, more: true);
        socket.TrySend([]);
    }

    // A frame that is longer than any that is right compares as wrong.
    private static ReadOnlySpan<byte> Take(ZmqSocket socket, byte[] buffer, ref bool more)
    {
        var size = more ? socket.TryReceive(buffer, out more) : 0;
        return size <= buffer.Length ? buffer.AsSpan(0, Math.Max(size, 0)) : [];
    }
}
