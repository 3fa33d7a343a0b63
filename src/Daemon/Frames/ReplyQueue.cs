using System.Buffers;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

/// <summary>
/// Replies on their way out, in the order of the requests: each waits until what it tells is as durable as was asked
/// for.
/// </summary>
public sealed class ReplyQueue(World world, IPredictionSink sink)
{
    // Bytes of waiting replies after which no further message is received.
    private const long BytesMax = 64 * 1024 * 1024;

    /// <summary>In place of a number of snapshots: the reply is not known yet.</summary>
    public const long Late = long.MaxValue;

    private readonly Queue<Waiting> _waiting = new();

    // Behind a snapshot only the client that asked for it waits.
    private readonly List<Waiting> _behindSnapshot = [];
    private readonly MessagePackWriter _refusal = new();
    private readonly MessagePackWriter _errors = new();
    private long _bytes;

    /// <summary>So much waits that nothing further should be taken in.</summary>
    public bool IsFull => _bytes > BytesMax;

    public bool IsEmpty => _waiting.Count == 0 && _behindSnapshot.Count == 0;

    /// <summary>Replies at once where it may, else keeps a copy.</summary>
    /// <param name="to">The client's routing id, and whether it wants an empty frame first.</param>
    /// <param name="payload">The reply.</param>
    /// <param name="rid">The request's mark as encoded; for a refusal in its place.</param>
    /// <param name="ticks">Ticks that the request had; 0 for a control request.</param>
    /// <param name="snapshot">How many snapshots must have ended; 0 waits for none.</param>
    public void Add(
        ReplyTo to, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> rid, ulong ticks, long snapshot = 0)
    {
        var needs = world.Changes.Written;
        if (IsEmpty && snapshot == 0 && needs <= world.Changes.Durable)
        {
            Send(to.Identity, to.Delimiter, payload);
            return;
        }

        var waiting = Keep(to, payload, rid, ticks) with { Needs = needs, Snapshot = snapshot };
        _bytes += waiting.Length;
        if (snapshot != 0 || IsBehind(in waiting, _behindSnapshot.Count))
            _behindSnapshot.Add(waiting);
        else
            _waiting.Enqueue(waiting);
    }

    /// <summary>The reply to a client's request that was <see cref="Late"/>.</summary>
    public void Answer(ReadOnlySpan<byte> identity, ReadOnlySpan<byte> payload)
    {
        for (var i = 0; i < _behindSnapshot.Count; i++)
        {
            var waiting = _behindSnapshot[i];
            if (waiting.Snapshot != Late || !waiting.Identity.SequenceEqual(identity))
                continue;
            var answer = Keep(new ReplyTo(waiting.Identity, waiting.Delimiter), payload, waiting.Rid, 0);
            _bytes += answer.Length;
            GiveBack(in waiting);
            _behindSnapshot[i] = answer with { Needs = world.Changes.Written };
            return;
        }
    }

    /// <summary>Sends what need not wait any longer.</summary>
    public void Release()
    {
        while (_waiting.TryPeek(out var first) && first.Needs <= world.Changes.Durable)
            Send(_waiting.Dequeue());
        if (_behindSnapshot.Count != 0)
            ReleaseBehindSnapshot();
    }

    /// <summary>The journal has failed: what waits for it is answered that it is not durable.</summary>
    public void Refuse(string fault)
    {
        Release();
        while (_waiting.TryDequeue(out var waiting))
            Refuse(in waiting, fault);
        foreach (var waiting in _behindSnapshot)
            Refuse(in waiting, fault);
        _behindSnapshot.Clear();
    }

    private void ReleaseBehindSnapshot()
    {
        var ended = world.Snapshots?.Ended ?? long.MaxValue;
        var blocked = 0;
        for (var i = 0; i < _behindSnapshot.Count; i++)
        {
            var waiting = _behindSnapshot[i];
            var isFree = waiting.Snapshot != Late && waiting.Needs <= world.Changes.Durable && waiting.Snapshot <= ended
                && !IsBehind(in waiting, blocked);
            if (!isFree)
                _behindSnapshot[blocked++] = waiting;
            else if (waiting.Snapshot != 0 && world.Snapshots?.Fault is { } fault)
                Refuse(in waiting, fault);
            else
                Send(in waiting);
        }

        _behindSnapshot.RemoveRange(blocked, _behindSnapshot.Count - blocked);
    }

    // Its client has one among the first of those that wait for a snapshot.
    private bool IsBehind(in Waiting waiting, int first)
    {
        for (var i = 0; i < first; i++)
            if (_behindSnapshot[i].Identity.SequenceEqual(waiting.Identity))
                return true;
        return false;
    }

    private static Waiting Keep(ReplyTo to, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> rid, ulong ticks)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(to.Identity.Length + rid.Length + payload.Length);
        to.Identity.CopyTo(bytes);
        rid.CopyTo(bytes.AsSpan(to.Identity.Length));
        payload.CopyTo(bytes.AsSpan(to.Identity.Length + rid.Length));
        return new Waiting(bytes, to.Identity.Length, rid.Length, payload.Length, to.Delimiter, ticks, 0, 0);
    }

    private void Send(in Waiting waiting)
    {
        Send(waiting.Identity, waiting.Delimiter, waiting.Payload);
        GiveBack(in waiting);
    }

    private void Refuse(in Waiting waiting, string fault)
    {
        _refusal.Clear();
        if (waiting.Ticks == 0)
            ReplyWriter.WriteErrorReply(_refusal, ErrorCode.NotDurable, fault, waiting.Rid);
        else
            WriteRefusal(in waiting, fault);
        Send(waiting.Identity, waiting.Delimiter, _refusal.Written);
        GiveBack(in waiting);
    }

    // What was not taken anyway stays as it was answered: a tick that waits for an earlier one is not owed itself.
    private void WriteRefusal(in Waiting waiting, string fault)
    {
        var reply = MessagePackValue.TryParse(waiting.Payload, out var value) ? Protocol.TickReply.From(value) : null;
        var errors = reply!.Errors.ToDictionary(static error => error.Index);
        var (accepted, duplicate) = (reply.Ack.Accepted, reply.Ack.Duplicate);
        if (accepted + duplicate == 0)
        {
            _refusal.WriteRaw(waiting.Payload);
            return;
        }

        _errors.Clear();
        for (var i = 0; i < (int)waiting.Ticks; i++)
        {
            if (errors.TryGetValue(i, out var error))
                ReplyWriter.WriteError(_errors, i, error.Code, error.Detail);
            else
                ReplyWriter.WriteError(_errors, i, ErrorCode.NotDurable, fault);
        }

        ReplyWriter.Write(_refusal, new ReplyContent
        {
            Ack = new AckCounts(world.Epoch, 0, 0, reply.Ack.Rejected, reply.Ack.Refused + accepted + duplicate),
            ErrorCount = (int)waiting.Ticks,
            Errors = _errors.Written,
            Rid = waiting.Rid,
        });
    }

    private void Send(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        if (!sink.Reply(identity, delimiter, payload))
            world.Counters.Undeliverable++;
    }

    private void GiveBack(in Waiting waiting)
    {
        _bytes -= waiting.Length;
        ArrayPool<byte>.Shared.Return(waiting.Bytes);
    }

    private readonly record struct Waiting(
        byte[] Bytes, int IdentityLength, int RidLength, int PayloadLength, bool Delimiter, ulong Ticks, ulong Needs,
        long Snapshot)
    {
        public int Length => IdentityLength + RidLength + PayloadLength;
        public ReadOnlySpan<byte> Identity => Bytes.AsSpan(0, IdentityLength);
        public ReadOnlySpan<byte> Rid => Bytes.AsSpan(IdentityLength, RidLength);
        public ReadOnlySpan<byte> Payload => Bytes.AsSpan(IdentityLength + RidLength, PayloadLength);
    }
}

/// <summary>The client a reply goes to.</summary>
public readonly ref struct ReplyTo(ReadOnlySpan<byte> identity, bool delimiter)
{
    public ReadOnlySpan<byte> Identity { get; } = identity;

    /// <summary>It put an empty frame before its request and wants it back.</summary>
    public bool Delimiter { get; } = delimiter;
}
