using Realtime.Daemon.Frames.Access;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>What <c>stats</c> tells about connections, limits and clients.</summary>
internal static class AccessReport
{
    /// <param name="world">The world.</param>
    /// <param name="client">Who asks; without control it is told about itself only. Null is everybody.</param>
    /// <param name="reply">Gets the entries.</param>
    /// <param name="entries">Counts them.</param>
    public static void Write(World world, Client? client, MessagePackWriter reply, ref int entries)
    {
        var limits = world.Limits;
        reply.Entry("connections"u8, limits.Open);
        reply.WriteString("limits"u8);
        reply.WriteMapHeader(6);
        reply.Entry("rate"u8, limits.Rate);
        reply.Entry("notAllowed"u8, limits.NotAllowed);
        reply.Entry("subscriptions"u8, limits.Subscriptions);
        reply.Entry("replies"u8, limits.Replies);
        reply.Entry("connections"u8, limits.Connections);
        reply.Entry("strangers"u8, limits.Strangers);
        entries += 2;
        if (world.Clients is not { } clients)
            return;
        reply.WriteString("clients"u8);
        var map = reply.BeginMap();
        var count = 0;
        foreach (var one in clients.All)
        {
            if (client is { MayControl: false } && client != one)
                continue;
            Write(one, reply);
            count++;
        }

        reply.EndMap(map, count);
        entries++;
    }

    private static void Write(Client client, MessagePackWriter reply)
    {
        reply.WriteString(client.Name);
        reply.WriteMapHeader(3);
        reply.Entry("received"u8, client.Received);
        reply.Entry("refusedForRate"u8, client.RefusedForRate);
        reply.Entry("notAllowed"u8, client.NotAllowed);
    }
}
