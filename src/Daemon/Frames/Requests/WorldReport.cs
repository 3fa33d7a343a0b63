using System.Globalization;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Frames.Meters;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>What control requests and HTTP tell about the world; changes nothing.</summary>
public sealed class WorldReport(World world, DaemonFacts facts)
{
    private const double Second = 1e9;

    private DaemonFacts _facts = facts;

    /// <summary>Tells others from now on; on the loop's thread.</summary>
    public void Use(DaemonFacts others) => _facts = others;

    /// <summary>Epoch, version and limits; per stream asked for, its last sequence number or nil.</summary>
    public string? Hello(ReadOnlySpan<byte> streams, MessagePackWriter reply, ref int entries)
    {
        reply.Entry("epoch"u8, world.Epoch);
        reply.Entry("version"u8, _facts.Version);
        reply.Entry("protocol"u8, 1L);
        reply.WriteString("limits"u8);
        reply.WriteMapHeader(_facts.Limits.Count);
        foreach (var (name, value) in _facts.Limits)
        {
            reply.WriteString(name);
            reply.WriteInt64(value);
        }

        reply.WriteString("streams"u8);
        entries += 5;
        var reader = new MessagePackReader(streams);
        if (streams.IsEmpty || !reader.TryReadArrayHeader(out var count))
            count = 0;
        reply.WriteMapHeader(count);
        for (var i = 0; i < count; i++)
        {
            if (!RequestFields.TryReadStream(ref reader, out var name, out var isId))
                return $"streams[{i}] is no stream name";
            new StreamLabel(name, isId).Write(reply);
            if (world.Streams.Find(name) is >= 0 and var row && world.Streams[row].Order.Started)
                reply.WriteUInt64(world.Streams[row].Order.Last);
            else
                reply.WriteNil();
        }

        return null;
    }

    /// <summary>The models at work.</summary>
    public void Describe(MessagePackWriter reply, ref int entries)
    {
        reply.Entry("engine"u8, _facts.Engine);
        reply.Entry("kernel"u8, _facts.Kernel);
        reply.Entry("device"u8, _facts.Device);
        reply.WriteString("models"u8);
        reply.WriteArrayHeader(world.Models.Count(static host => !host.StandsBy));
        entries += 4;
        foreach (var host in world.Models.Where(static host => !host.StandsBy))
            Describe(host, reply);
    }

    /// <summary>Streams by the order of their names.</summary>
    /// <remarks>Those that the client may be told about; null is everybody.</remarks>
    public void List(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit, MessagePackWriter reply, ref int entries,
        Client? client = null)
    {
        reply.WriteString("streams"u8);
        var array = reply.BeginArray();
        var (count, hasMore) = (0, false);
        var from = prefix.SequenceCompareTo(after) > 0 ? prefix : after;
        foreach (var name in world.Streams.NamesFrom(from.ToArray()))
        {
            if (!name.AsSpan().StartsWith(prefix))
                break;
            if (!after.IsEmpty && after.SequenceEqual(name) || client?.MayAsk(name) == false)
                continue;
            hasMore = count == limit;
            if (hasMore)
                break;
            WriteStream(reply, world.Streams.Find(name));
            count++;
        }

        reply.EndArray(array, count);
        reply.Entry("more"u8, hasMore);
        entries += 2;
    }

    /// <summary>The streams whose forecasts do worst beside persistence, as the last round through all found them: at
    /// most <see cref="StreamSurvey.WorstMax"/>, the worst first.</summary>
    public void Worst(
        ReadOnlySpan<byte> prefix, int limit, MessagePackWriter reply, ref int entries, Client? client = null)
    {
        reply.WriteString("streams"u8);
        var array = reply.BeginArray();
        var count = 0;
        foreach (var name in world.Survey is { } survey ? survey.Worst : [])
        {
            if (count == limit)
                break;
            if (world.Streams.Find(name) is not (>= 0 and var row) || !name.AsSpan().StartsWith(prefix)
                || client?.MayAsk(name) == false)
                continue;
            WriteStream(reply, row);
            count++;
        }

        reply.EndArray(array, count);
        reply.Entry("more"u8, false);
        entries += 2;
    }

    /// <summary>The last prediction of each stream asked for, nil where there is none.</summary>
    public string? Last(ReadOnlySpan<byte> streams, byte[]? stream, MessagePackWriter reply, ref int entries)
    {
        reply.WriteString("predictions"u8);
        entries++;
        if (stream is not null)
        {
            reply.WriteArrayHeader(1);
            WriteLast(reply, world.Streams.Find(stream));
            return null;
        }

        var reader = new MessagePackReader(streams);
        if (streams.IsEmpty || !reader.TryReadArrayHeader(out var count))
            return "expected streams: [name, …]";
        if (count > RequestDesk.ListMax)
            return $"{count} streams, expected at most {RequestDesk.ListMax}";
        reply.WriteArrayHeader(count);
        for (var i = 0; i < count; i++)
        {
            if (!RequestFields.TryReadStream(ref reader, out var name, out _))
                return $"streams[{i}] is no stream name";
            WriteLast(reply, world.Streams.Find(name));
        }

        return null;
    }

    /// <summary>The accounting and what stands around it; of clients, the one that asks where it may not control.
    /// </summary>
    public void Stats(MessagePackWriter reply, ref int entries, Client? client = null)
    {
        var counters = world.Counters;
        reply.Entry("epoch"u8, world.Epoch);
        reply.Entry("uptime"u8, world.Uptime);
        reply.Entry("version"u8, _facts.Version);
        reply.Entry("received"u8, counters.Received);
        reply.Entry("stepped"u8, counters.Stepped);
        reply.Entry("duplicate"u8, counters.Duplicate);
        reply.Entry("rejected"u8, counters.Rejected);
        reply.Entry("refused"u8, counters.Refused);
        reply.Entry("published"u8, counters.Published);
        reply.Entry("dropped"u8, counters.Dropped);
        reply.Entry("undeliverable"u8, counters.Undeliverable);
        reply.Entry("imputed"u8, counters.Imputed);
        reply.Entry("gaps"u8, counters.Gaps);
        reply.Entry("late"u8, counters.Late);
        reply.Entry("evicted"u8, counters.Evicted);
        reply.Entry("requests"u8, counters.Requests);
        reply.Entry("frames"u8, counters.Frames);
        reply.Entry("streams"u8, world.Streams.Count);
        reply.Entry("bytes"u8, world.Bytes);
        WriteModels(reply);
        reply.Entry("engine"u8, _facts.Engine);
        reply.Entry("kernel"u8, _facts.Kernel);
        reply.Entry("device"u8, _facts.Device);
        WriteEngineChanges(reply);
        entries += 24;
        WriteState(reply, ref entries);
        WriteReload(reply, ref entries);
        WriteReasons(reply, ref entries);
        WriteEndpoints(reply, ref entries);
        AccessReport.Write(world, client, reply, ref entries);
    }

    private void WriteModels(MessagePackWriter reply)
    {
        reply.WriteString("models"u8);
        reply.WriteArrayHeader(world.Models.Count(static host => !host.StandsBy));
        foreach (var host in world.Models.Where(static host => !host.StandsBy))
        {
            reply.WriteMapHeader(6);
            reply.Entry("name"u8, host.Name);
            reply.Entry("engine"u8, host.Engine.Name);
            reply.Entry("kernel"u8, host.Engine.Kernel);
            reply.Entry("streams"u8, host.Streams);
            reply.Entry("bytes"u8, host.Bytes);
            reply.Entry("bytesPerStream"u8, host.StreamBytes + StreamTable.BytesPerStream);
        }
    }

    private void WriteEngineChanges(MessagePackWriter reply)
    {
        reply.WriteString("engineChanges"u8);
        reply.WriteArrayHeader(world.EngineChanges.Last.Count);
        foreach (var change in world.EngineChanges.Last)
        {
            reply.WriteMapHeader(5);
            reply.Entry("at"u8, change.At);
            reply.Entry("model"u8, change.Model);
            reply.Entry("from"u8, change.From);
            reply.Entry("to"u8, change.To);
            reply.Entry("reason"u8, change.Reason);
        }
    }

    /// <summary>The heartbeat's payload.</summary>
    public void Heartbeat(MessagePackWriter writer)
    {
        var counters = world.Counters;
        EventWriter.WriteHeartbeat(writer, new Heartbeat(
            world.Epoch, world.Uptime, (ulong)counters.Received, (ulong)counters.Stepped, (ulong)counters.Published,
            (ulong)world.Streams.Count));
    }

    // Nothing where state lives in memory only.
    private void WriteState(MessagePackWriter reply, ref int entries)
    {
        if (world.Recovery is not { } recovery)
            return;
        entries++;
        reply.WriteString("state"u8);
        reply.WriteMapHeader(6);
        reply.Entry("written"u8, world.Changes.Written);
        reply.Entry("durable"u8, world.Changes.Durable);
        reply.Entry("trouble"u8, world.Changes.Trouble);
        reply.Entry("snapshots"u8, world.Snapshots?.Ended ?? 0);
        reply.Entry("snapshotTrouble"u8, world.Snapshots?.Fault);
        reply.WriteString("recovery"u8);
        reply.WriteMapHeader(8);
        reply.Entry("snapshot"u8, recovery.Snapshot ?? 0);
        reply.Entry("records"u8, recovery.Records);
        reply.Entry("ticks"u8, recovery.Ticks);
        reply.Entry("carried"u8, recovery.Carried);
        reply.Entry("cold"u8, recovery.Cold);
        reply.Entry("different"u8, recovery.Different);
        reply.Entry("seconds"u8, recovery.Seconds);
        reply.Entry("notices"u8, recovery.Notices);
    }

    private void WriteReload(MessagePackWriter reply, ref int entries)
    {
        var reloads = world.Reloads;
        entries += 2;
        reply.WriteString("reloads"u8);
        reply.WriteMapHeader(2);
        reply.Entry("ok"u8, reloads.Ok);
        reply.Entry("failed"u8, reloads.Failed);
        if (reloads.Last is not { } last)
        {
            reply.NilEntry("reload"u8);
            return;
        }

        reply.WriteString("reload"u8);
        reply.WriteMapHeader(5);
        reply.Entry("at"u8, last.At);
        reply.Entry("outcome"u8, last.Name);
        reply.Entry("faults"u8, last.Faults);
        reply.Entry("applied"u8, last.Applied);
        reply.Entry("nextStart"u8, last.Later);
    }

    private static void Describe(ModelHost host, MessagePackWriter reply)
    {
        var model = host.Model;
        var map = reply.BeginMap();
        reply.Entry("name"u8, host.Name);
        reply.Entry("digest"u8, model.Digest);
        reply.Entry("inputs"u8, model.Inputs);
        reply.Entry("patterns"u8, host.Patterns);
        reply.Entry("streams"u8, host.Streams);
        reply.Entry("engine"u8, host.Engine.Name);
        reply.Entry("kernel"u8, host.Engine.Kernel);
        reply.WriteString("layers"u8);
        reply.WriteArrayHeader(model.Layers.Count);
        foreach (var layer in model.Layers)
            reply.WriteString(layer.Name);
        if (model.Forecast.Classes is { } classes)
        {
            reply.Entry("classes"u8, classes);
            reply.EndMap(map, 9);
            return;
        }

        reply.Entry("outputs"u8, model.Forecast.Outputs);
        reply.WriteString("horizons"u8);
        reply.WriteArrayHeader(model.Forecast.Horizons.Length);
        foreach (var horizon in model.Forecast.Horizons)
            reply.WriteInt64(horizon);
        reply.Entry("quantiles"u8, (double[])[.. model.PublishedQuantiles]);
        reply.EndMap(map, 11);
    }

    private void WriteStream(MessagePackWriter reply, int row)
    {
        ref var stream = ref world.Streams[row];
        var host = world.Host(stream.Model);
        reply.WriteMapHeader(host.Online is null ? 9 : 12);
        reply.Entry("stream"u8, new StreamLabel(world.Streams.Name(row), stream.IsId));
        reply.Entry("model"u8, world.Models[stream.Model].Name);
        if (stream.Order.Started)
            reply.Entry("seq"u8, stream.Order.Last);
        else
            reply.NilEntry("seq"u8);
        reply.Entry("time"u8, stream.Time);
        reply.Entry("age"u8, (world.Now - stream.Arrival) / Second);
        reply.Entry("ticks"u8, stream.Counts.Stepped);
        reply.Entry("gaps"u8, stream.Counts.Gaps);
        reply.Entry("stale"u8, world.Survey?.IsStale(in stream) ?? false);
        WriteErrors(reply, in stream.Errors);
        if (host.Online is not null)
            WriteLearning(reply, host, in stream);
    }

    private static void WriteErrors(MessagePackWriter reply, in ErrorStatistics errors)
    {
        reply.WriteString("errors"u8);
        reply.WriteMapHeader(4);
        reply.Entry("scored"u8, errors.Scored);
        reply.Entry("mae"u8, errors.AbsoluteError);
        reply.Entry("persistenceMae"u8, errors.PersistenceAbsoluteError);
        WriteNumber(reply, "mase"u8, errors.Ratio);
    }

    private static void WriteLearning(MessagePackWriter reply, ModelHost host, in StreamRow stream)
    {
        var monitor = host.Monitor(stream.ModelRow);
        WriteNumber(reply, "score"u8, monitor.Score);
        reply.Entry("anomalous"u8, stream.IsAnomalous);
        reply.WriteString("coverage"u8);
        var levels = host.Model.Intervals;
        reply.WriteMapHeader(levels.Count);
        for (var level = 0; level < levels.Count; level++)
        {
            reply.WriteString(levels[level].ToString("R", CultureInfo.InvariantCulture));
            if (monitor.Judged == 0)
                reply.WriteNil();
            else
                reply.WriteDouble(monitor.Coverage[level]);
        }
    }

    private static void WriteNumber(MessagePackWriter reply, ReadOnlySpan<byte> key, double value)
    {
        reply.WriteString(key);
        if (double.IsNaN(value))
            reply.WriteNil();
        else
            reply.WriteDouble(value);
    }

    private void WriteLast(MessagePackWriter reply, int row)
    {
        if (row < 0 || !world.Streams[row].HasPrediction)
        {
            reply.WriteNil();
            return;
        }

        ref var stream = ref world.Streams[row];
        var host = world.Models[stream.Model];
        var content = new PredictionContent
        {
            Stream = new StreamLabel(world.Streams.Name(row), stream.IsId),
            Seq = stream.Order.Last,
            Time = stream.Time,
            Prediction = host.Prediction(stream.ModelRow),
            Values = host.Values(stream.ModelRow),
            Score = host.Score(stream.ModelRow),
            Flags = stream.Flags,
        };
        host.Predictions.Write(reply, in content);
    }

    // Why ticks were not taken, by reason; events by kind.
    private void WriteReasons(MessagePackWriter reply, ref int entries)
    {
        reply.WriteString("reasons"u8);
        var map = reply.BeginMap();
        var count = 0;
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            var ticks = world.Counters.RejectedBy((int)code) + world.Counters.RefusedBy((int)code);
            if (ticks == 0)
                continue;
            reply.WriteString(code.Reason());
            reply.WriteInt64(ticks);
            count++;
        }

        reply.EndMap(map, count);
        reply.WriteString("events"u8);
        var kinds = Enum.GetValues<StreamEventKind>();
        reply.WriteMapHeader(kinds.Length);
        foreach (var kind in kinds)
        {
            reply.WriteString(kind.Name());
            reply.WriteInt64(world.Events.Total(kind));
        }

        entries += 2;
    }

    private void WriteEndpoints(MessagePackWriter reply, ref int entries)
    {
        reply.WriteString("endpoints"u8);
        reply.WriteMapHeader(_facts.Endpoints.Count);
        foreach (var (name, endpoint) in _facts.Endpoints)
        {
            reply.WriteString(name);
            reply.WriteString(endpoint);
        }

        entries++;
    }
}
