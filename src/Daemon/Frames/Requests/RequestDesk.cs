using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>Carries out control requests on the world, between two frames' steps; replies are maps.</summary>
public sealed class RequestDesk(World world, WorldReport report)
{
    /// <summary>Streams that one reply of <c>streams</c> or <c>last</c> holds at most.</summary>
    public const int ListMax = 10_000;

    private const int ListDefault = 1000;
    private const int OpShown = 64;

    private readonly ForecastDesk _forecasts = new(world);
    private Client? _client;

    /// <summary>Snapshots that must have ended before the last request's reply may go; 0 where it need not wait.
    /// </summary>
    public long Ticket { get; private set; }

    /// <summary>What the last request asks takes longer than its frame: its mark as encoded; null where it does not.
    /// </summary>
    public byte[]? Late { get; private set; }

    /// <summary>The last request's mark as encoded, within the request; empty where it has none.</summary>
    public Slice Rid { get; private set; }

    /// <summary>Carries out one request and appends its reply.</summary>
    /// <param name="request">The request, as encoded.</param>
    /// <param name="reply">Gets the reply.</param>
    /// <param name="client">Who asks; null may do everything.</param>
    /// <returns>Why it was not carried out; none where it was.</returns>
    public ErrorCode Execute(ReadOnlySpan<byte> request, MessagePackWriter reply, Client? client = null)
    {
        _client = client;
        world.Counters.Requests++;
        Ticket = 0;
        Late = null;
        var start = reply.Length;
        var fields = RequestFields.Read(request);
        Rid = request.Overlaps(fields.Rid, out var offset) ? new Slice(offset, fields.Rid.Length) : default;
        var map = reply.BeginMap();
        var entries = 0;
        var (code, detail) = fields.Fault is null
            ? Dispatch(in fields, reply, ref entries)
            : (ErrorCode.Malformed, fields.Fault);
        if (code != ErrorCode.None)
        {
            reply.Truncate(start);
            map = reply.BeginMap();
            ReplyWriter.WriteErrorEntry(reply, code, detail);
            entries = 1;
        }

        ReplyWriter.WriteRid(reply, fields.Rid);
        if (!fields.Rid.IsEmpty)
            entries++;

        reply.EndMap(map, entries);
        return code;
    }

    private (ErrorCode, string?) Dispatch(in RequestFields fields, MessagePackWriter reply, ref int entries)
    {
        var op = Encoding.UTF8.GetString(fields.Op);
        if (_client is not null && RequestRights.Denied(_client, op, in fields) is { } denied)
            return Deny(denied);
        if (!world.TakesChanges && op is "state.put" or "reset" or "forget")
            return (ErrorCode.NotDurable, world.Changes.Fault ?? "no room in the journal");
        switch (op)
        {
            case "hello":
                return Reported(report.Hello(fields.Streams, reply, ref entries));
            case "describe":
                report.Describe(reply, ref entries);
                return default;
            case "stats":
                report.Stats(reply, ref entries, _client);
                return default;
            case "streams":
                var limit = fields.Limit < 0 ? ListDefault : Math.Min(fields.Limit, ListMax);
                if (fields.Worst)
                    report.Worst(fields.Prefix, limit, reply, ref entries, _client);
                else
                    report.List(fields.Prefix, fields.After, limit, reply, ref entries, _client);
                return default;
            case "last":
                return Reported(report.Last(fields.Streams, fields.Stream, reply, ref entries));
            case "forecast":
                return _forecasts.Execute(in fields, reply, ref entries);
            case "state.get":
                return GetState(in fields, reply, ref entries);
            case "state.put":
                return PutState(in fields, reply, ref entries);
            case "reset":
                return ForEach(in fields, reply, ref entries, Reset);
            case "forget":
                return ForEach(in fields, reply, ref entries, Forget);
            case "reload":
                return Reload(in fields);
            case "snapshot":
                return Snapshot(reply, ref entries);
            default:
                world.Counters.Received++;
                world.Counters.Reject(ErrorCode.Unsupported);
                return (ErrorCode.Unsupported, $"op {(op.Length <= OpShown ? op : op[..OpShown] + "…")}");
        }
    }

    private (ErrorCode, string?) Deny(string why)
    {
        world.Counters.Received++;
        world.Counters.Reject(ErrorCode.NotAllowed);
        world.Limits.NotAllowed++;
        _client!.NotAllowed++;
        return (ErrorCode.NotAllowed, why);
    }

    private static (ErrorCode, string?) Reported(string? fault) =>
        fault is null ? default : (ErrorCode.Malformed, fault);

    private (ErrorCode, string?) Snapshot(MessagePackWriter reply, ref int entries)
    {
        if (world.Snapshots is not { } snapshots)
            return (ErrorCode.NotDurable, "state lives in memory only");
        Ticket = snapshots.Ask();
        reply.Entry("ok"u8, true);
        entries++;
        return default;
    }

    private (ErrorCode, string?) Reload(in RequestFields fields)
    {
        if (world.HandOvers.Reload is null)
            return (ErrorCode.Unsupported, "op reload: nothing can be read again here");
        if (world.HandOvers.Busy is { } busy)
            return (ErrorCode.Refused, busy);
        Late = fields.Rid.ToArray();
        Ticket = ReplyQueue.Late;
        return default;
    }

    private void Reset(int row)
    {
        ref var stream = ref world.Streams[row];
        world.Changes.Other(ChangeKind.Reset, row, in stream);
        world.Reset(row, stream.Order.Started ? stream.Order.Last : null, "request");
    }

    private void Forget(int row) => world.Remove(
        row, ChangeKind.Forgotten, StreamEventKind.Forgotten,
        $"request, the count stood at {world.Streams[row].Order.Last}");

    private (ErrorCode, string?) GetState(in RequestFields fields, MessagePackWriter reply, ref int entries)
    {
        if (fields.Stream is null)
            return (ErrorCode.Malformed, "no stream");
        var row = world.Streams.Find(fields.Stream);
        if (row < 0)
            return (ErrorCode.UnknownStream, Encoding.UTF8.GetString(fields.Stream));
        reply.WriteString("state"u8);
        StateWriter.Write(reply, world, row);
        entries++;
        return default;
    }

    private (ErrorCode, string?) PutState(in RequestFields fields, MessagePackWriter reply, ref int entries)
    {
        if (fields.State.IsEmpty)
            return (ErrorCode.Malformed, "no state");
        var (name, isId) = fields.Stream is null
            ? RequestFields.Read(fields.State) is { Stream: { } inside } state ? (inside, state.IsId) : (null, false)
            : (fields.Stream, fields.IsId);
        if (name is null)
            return (ErrorCode.Malformed, "no stream: neither the request nor the state names one");
        if (_client is not null && RequestRights.DeniedStream(_client, name) is { } denied)
            return Deny(denied);
        var row = world.Streams.Find(name);
        var model = row < 0 ? world.ModelFor(name, StateReader.ModelOf(fields.State)) : world.Streams[row].Model;
        if (model < 0)
            return (ErrorCode.UnknownStream, "no model's pattern matches it");
        if (!StateReader.TryRead(fields.State, world.Models[model], out var image, out var fault))
            return (ErrorCode.Shape, fault);
        if (row < 0 && !world.TryAdmit(name, isId, model, out row, out var full))
            return (ErrorCode.Refused, full);
        world.BeforeChange(row);
        image.Put(ref world.Streams[row], world.Now);
        world.Changes.Other(ChangeKind.Put, row, in world.Streams[row], fields.State);
        world.Raise(StreamEventKind.Restored, row, "state.put");
        reply.Entry("ok"u8, true);
        entries++;
        return default;
    }

    private (ErrorCode, string?) ForEach(
        in RequestFields fields, MessagePackWriter reply, ref int entries, Action<int> action)
    {
        if (fields.Stream is null == !fields.HasPrefix)
            return (ErrorCode.Malformed, "expected either a stream or a prefix");
        var rows = new List<int>();
        if (fields.Stream is not null)
        {
            if (world.Streams.Find(fields.Stream) is >= 0 and var row)
                rows.Add(row);
        }
        else
        {
            foreach (var name in world.Streams.NamesFrom(fields.Prefix.ToArray()))
            {
                if (!name.AsSpan().StartsWith(fields.Prefix))
                    break;
                if (_client?.MaySend(name) ?? true)
                    rows.Add(world.Streams.Find(name));
            }
        }

        rows.ForEach(action);
        reply.Entry("count"u8, rows.Count);
        entries++;
        return default;
    }
}
