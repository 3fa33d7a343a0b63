using System.Text;
using Realtime.Daemon.Frames.Access;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>Which control requests a client may make, and about which streams.</summary>
internal static class RequestRights
{
    private const int NameShown = 64;

    /// <summary>Why the client may not ask this; null where it may.</summary>
    public static string? Denied(Client client, string op, in RequestFields fields)
    {
        var changes = op is "reset" or "forget" or "state.put" or "reload" or "snapshot";
        if (changes && !client.MayControl)
            return $"{client.Name} may not {op}: mayControl is off for it";
        var denied = fields.Stream is not { } stream ? null
            : changes ? DeniedStream(client, stream) : Unheard(client, stream);
        if (denied is not null)
            return denied;
        return op is "hello" or "last" or "forecast" ? UnheardIn(client, fields.Streams) : null;
    }

    /// <summary>Why it may not change a stream; null where it may.</summary>
    public static string? DeniedStream(Client client, ReadOnlySpan<byte> stream) =>
        client.MaySend(stream) ? null : $"{client.Name} has no right to {Shown(stream)}";

    private static string? Unheard(Client client, ReadOnlySpan<byte> stream) =>
        client.MayAsk(stream) ? null : $"{client.Name} may not ask about {Shown(stream)}";

    // What is no name is the request's own fault, which its reply tells.
    private static string? UnheardIn(Client client, ReadOnlySpan<byte> streams)
    {
        var reader = new MessagePackReader(streams);
        if (streams.IsEmpty || !reader.TryReadArrayHeader(out var count))
            return null;
        for (var i = 0; i < count && RequestFields.TryReadStream(ref reader, out var name, out _); i++)
            if (Unheard(client, name) is { } why)
                return why;
        return null;
    }

    private static string Shown(ReadOnlySpan<byte> stream) =>
        Encoding.UTF8.GetString(stream[..Math.Min(stream.Length, NameShown)]);
}
