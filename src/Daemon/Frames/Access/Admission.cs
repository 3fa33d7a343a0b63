using System.Text;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Access;

/// <summary>Judges a client's ticks by what its key allows, before the world sees anything of them.</summary>
public sealed class Admission(World world)
{
    private const int NameShown = 64;

    /// <summary>Whether the tick may go on; where not, the outcome says why.</summary>
    public bool Admits(
        Client client, ReadOnlySpan<byte> stream, in Tick tick, bool isRequest, ref Outcome outcome)
    {
        client.Received++;
        if (!client.MaySend(stream))
        {
            var why = NotAllowed(client, stream, isRequest);
            outcome = new Outcome(OutcomeKind.Rejected, -1, ErrorCode.NotAllowed, why);
            client.NotAllowed++;
            world.Limits.NotAllowed++;
            return false;
        }

        // A pipelined client must not get ahead of its refused tick.
        var owed = isRequest && tick.HasSeq ? Owed(client, stream, in tick) : null;
        if (tick.Seq > owed)
        {
            outcome = new Outcome(OutcomeKind.Refused, -1, ErrorCode.NotNext, $"seq {owed} expected");
            return false;
        }

        if (!client.TryTake(world.Now))
        {
            if (isRequest && tick.HasSeq)
                client.Owe(stream, tick.Seq);
            outcome = new Outcome(OutcomeKind.Refused, -1, ErrorCode.Refused, client.OverRate);
            client.RefusedForRate++;
            world.Limits.Rate++;
            return false;
        }

        if (tick.Seq == owed)
            client.Settle(stream);
        return true;
    }

    /// <summary>
    /// Refuses all ticks of a message, without looking at them, where the client's rate is over and no answer is owed.
    /// </summary>
    public bool RefusesAll(Client client, int ticks)
    {
        if (!client.IsSpent(world.Now))
            return false;
        client.Received += ticks;
        client.RefusedForRate += ticks;
        world.Limits.Rate += ticks;
        world.Counters.Received += ticks;
        world.Counters.Refuse(ErrorCode.Refused, ticks);
        return true;
    }

    // What another way has brought past it, or a new run, need not be waited for.
    private ulong? Owed(Client client, ReadOnlySpan<byte> stream, in Tick tick)
    {
        if (client.Owed(stream) is not { } owed)
            return null;
        if (world.Streams.Find(stream) is not (>= 0 and var row))
            return owed;
        ref var order = ref world.Streams[row].Order;
        var isNewRun = tick.HasRun && (!order.HasRun || tick.Run > order.Run);
        if (!isNewRun && !(order.Started && order.Last >= owed))
            return owed;
        client.Settle(stream);
        return null;
    }

    // Nobody reads why on ingest.
    private static string? NotAllowed(Client client, ReadOnlySpan<byte> stream, bool isRequest) => isRequest
        ? $"{client.Name} may not send to {Encoding.UTF8.GetString(stream[..Math.Min(stream.Length, NameShown)])}"
        : null;
}
