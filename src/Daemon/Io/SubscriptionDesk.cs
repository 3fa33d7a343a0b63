using System.Text;
using Realtime.Daemon.Frames.Access;
using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Io;

/// <summary>
/// Reads what subscribers of <c>predictions</c> ask for, and where clients may not hear everything, lets each have what
/// of it its key allows.
/// </summary>
/// <remarks>
/// libzmq lets the application grant subscriptions (ZMQ_XPUB_MANUAL), to the peer whose wish was read last. It looks
/// for that peer in a queue of its own, which a peer that sends what is no subscription puts out of step: then nothing
/// is granted any more until the socket is opened anew.
/// </remarks>
internal sealed class SubscriptionDesk
{
    private const int TopicMax = Topic.MaximumLength + 1;
    private const int UserMax = 256;

    private readonly byte[] _wish = new byte[TopicMax];
    private readonly byte[] _user = new byte[UserMax];
    private readonly byte[] _topic = new byte[Topic.MaximumLength + UserMax];
    private readonly LimitHits _hits;
    private int _subscriptions;

    public SubscriptionDesk(LimitHits hits) => _hits = hits;

    /// <summary>A subscription that predictions may match.</summary>
    public bool HasSubscribers => _subscriptions != 0;

    /// <summary>The name of a client that put libzmq's queue of subscribers out of step; null where none did.</summary>
    public string? Disturber { get; private set; }

    /// <summary>Grants every subscription by the rights of who asks; otherwise libzmq grants all itself.</summary>
    /// <param name="socket">An XPUB that is not bound yet.</param>
    public static void Guard(ZmqSocket socket) => socket.Set(ZmqOption.XPubManual, 1);

    /// <summary>Nobody has subscribed to the new socket.</summary>
    public void Renew() => (_subscriptions, Disturber) = (0, null);

    /// <summary>Takes the wishes that have come.</summary>
    /// <param name="socket">The XPUB.</param>
    /// <param name="clients">Where they are known, and not all hear everything; else null.</param>
    public void Receive(ZmqSocket socket, ClientTable? clients)
    {
        while (true)
        {
            var userLength = 0;
            var size = clients is null
                ? socket.TryReceive(_wish, out var more)
                : socket.TryReceiveFrom(_wish, _user, out userLength, out more);
            if (size < 0)
                return;
            if (more)
                socket.SkipFrames();
            var isWish = size > 0 && _wish[0] <= 1 && !more;
            if (clients is null)
                Count(isWish, _wish.AsSpan(0, Math.Min(size, TopicMax)));
            else if (!isWish)
                Disturber ??= Encoding.UTF8.GetString(_user, 0, Math.Min(userLength, UserMax));
            else if (Disturber is null && size <= TopicMax)
                Grant(socket, clients.Find(_user.AsSpan(0, Math.Min(userLength, UserMax))), _wish.AsSpan(0, size));
        }
    }

    // XPUB gives the first subscription to each topic, after a 1, and the end of the last one, after a 0.
    private void Count(bool isWish, ReadOnlySpan<byte> wish)
    {
        if (isWish && MayMatchPredictions(wish[1..]))
            _subscriptions += wish[0] == 1 ? 1 : -1;
    }

    // Ends are not counted: a peer may tell of one that never was.
    private void Grant(ZmqSocket socket, Client client, ReadOnlySpan<byte> wish)
    {
        var option = wish[0] == 1 ? ZmqOption.Subscribe : ZmqOption.Unsubscribe;
        var topic = wish[1..];
        // The end of a connection tells no name; with it all that was granted ends.
        if (client.IsRevoked)
            return;
        // All of every topic is a part like any other.
        var isWhole = client.HearsAll
            ? GrantPart(socket, option, topic, []) : GrantParts(socket, option, topic, client);
        if (option != ZmqOption.Subscribe)
            return;
        if (!isWhole)
            _hits.Subscriptions++;
        if (MayMatchPredictions(topic))
            _subscriptions = 1;
    }

    private bool GrantParts(ZmqSocket socket, ZmqOption option, ReadOnlySpan<byte> topic, Client client)
    {
        var isWhole = GrantPart(socket, option, topic, Topic.Heartbeat);
        foreach (var beginning in client.Hears)
        {
            foreach (var kind in (ReadOnlySpan<byte>)[Topic.Prediction, Topic.Event, Topic.Anomaly])
            {
                var length = Topic.Write(kind, beginning, _topic);
                isWhole |= GrantPart(socket, option, topic, _topic.AsSpan(0, length));
            }
        }

        return isWhole;
    }

    /// <summary>Grants of a topic what lies within what is allowed; true where that is all of it.</summary>
    private static bool GrantPart(
        ZmqSocket socket, ZmqOption option, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> allowed)
    {
        if (topic.StartsWith(allowed))
        {
            socket.Set(option, topic);
            return true;
        }

        if (allowed.StartsWith(topic))
            socket.Set(option, allowed);
        return false;
    }

    private static bool MayMatchPredictions(ReadOnlySpan<byte> topic) =>
        topic.IsEmpty || topic[0] == Topic.Prediction && (topic.Length == 1 || topic[1] == (byte)'/');
}
