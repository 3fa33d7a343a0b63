using System.Text;
using Realtime.Cells.RollOuts;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>Forecasts streams further ahead than their models do by themselves; no state of a stream changes.</summary>
internal sealed class ForecastDesk(World world)
{
    /// <summary>Streams times steps of one request: some milliseconds of the loop.</summary>
    public const int ForecastsMax = 16_384;

    private const double NanosecondsPerSecond = 1e9;
    private const double LongestInterval = 366 * 86400.0;

    private readonly List<(int Row, int Place)> _asked = [];
    private readonly List<ModelHost> _hosts = [];
    private double[] _forecasts = [];
    private long[] _times = [];

    /// <summary>Writes the forecasts of the streams that are asked for, in their order.</summary>
    public (ErrorCode, string?) Execute(in RequestFields fields, MessagePackWriter reply, ref int entries)
    {
        if (fields.Steps < 1)
            return (ErrorCode.Malformed, "expected steps, from 1 on");
        if (!double.IsNaN(fields.Interval) && !(fields.Interval > 0 && fields.Interval <= LongestInterval))
            return (ErrorCode.Malformed, "expected interval in seconds, above 0 and at most a year");
        if (FaultInStreams(in fields) is { } fault)
            return (ErrorCode.Malformed, fault);
        if ((long)_asked.Count * fields.Steps > ForecastsMax)
        {
            return (ErrorCode.Refused, $"found {_asked.Count} streams of {fields.Steps} steps, expected at most "
                + $"{ForecastsMax} forecasts in one request");
        }

        if (Begin(in fields) is { } unfit)
            return (ErrorCode.Shape, unfit);
        foreach (var host in _hosts)
            host.RollOuts.Run();
        reply.WriteString("forecasts"u8);
        reply.WriteArrayHeader(_asked.Count);
        foreach (var (row, place) in _asked)
            Write(reply, row, place);
        entries++;
        return default;
    }

    private string? FaultInStreams(in RequestFields fields)
    {
        _asked.Clear();
        if (fields.Stream is not null)
        {
            _asked.Add((world.Streams.Find(fields.Stream), 0));
            return null;
        }

        var reader = new MessagePackReader(fields.Streams);
        if (fields.Streams.IsEmpty || !reader.TryReadArrayHeader(out var count))
            return "expected streams: [name, …]";
        if (count > RequestDesk.ListMax)
            return $"{count} streams, expected at most {RequestDesk.ListMax}";
        for (var i = 0; i < count; i++)
        {
            if (!RequestFields.TryReadStream(ref reader, out var name, out _))
                return $"streams[{i}] is no stream name";
            _asked.Add((world.Streams.Find(name), 0));
        }

        return null;
    }

    // Each stream gets its place among those of its model, or none.
    private string? Begin(in RequestFields fields)
    {
        _hosts.Clear();
        for (var i = 0; i < _asked.Count; i++)
        {
            var row = _asked[i].Row;
            _asked[i] = (row, -1);
            if (row < 0 || !world.Streams[row].HasPrediction)
                continue;
            ref var stream = ref world.Streams[row];
            var host = world.Models[stream.Model];
            if (!_hosts.Contains(host))
            {
                if (FaultIn(host, fields.Interval) is { } fault)
                    return $"{Encoding.UTF8.GetString(world.Streams.Name(row))}: model {host.Name}: {fault}";
                host.RollOuts.Begin(fields.Steps);
                _hosts.Add(host);
            }

            var place = host.RollOuts.Count;
            if (host.RollOuts.Add(stream.ModelRow, host.Memory(stream.ModelRow), Times(stream.Time, in fields)))
                _asked[i] = (row, place);
        }

        return null;
    }

    private static string? FaultIn(ModelHost host, double interval)
    {
        if (FeedBack.FaultIn(host.Model) is { } fault)
            return fault;
        return host.RollOuts.SeesTime && double.IsNaN(interval)
            ? "found no interval, expected the seconds from tick to tick: the model sees the time" : null;
    }

    private ReadOnlySpan<long> Times(long last, in RequestFields fields)
    {
        if (double.IsNaN(fields.Interval))
            return [];
        if (_times.Length <= fields.Steps)
            _times = new long[fields.Steps + 1];
        for (var i = 0; i <= fields.Steps; i++)
            _times[i] = last + (long)(i * fields.Interval * NanosecondsPerSecond);
        return _times.AsSpan(0, fields.Steps + 1);
    }

    private void Write(MessagePackWriter reply, int row, int place)
    {
        if (place < 0)
        {
            reply.WriteNil();
            return;
        }

        ref var stream = ref world.Streams[row];
        var host = world.Models[stream.Model];
        var (steps, inputs) = (host.RollOuts.Steps, host.InputCount);
        if (_forecasts.Length < steps * inputs)
            _forecasts = new double[steps * inputs];
        host.RollOuts.Read(place, _forecasts);
        reply.WriteMapHeader(5);
        reply.Entry("stream"u8, new StreamLabel(world.Streams.Name(row), stream.IsId));
        reply.Entry("seq"u8, stream.Order.Last);
        reply.Entry("time"u8, stream.Time);
        reply.Entry("model"u8, host.Name);
        reply.WriteString("mean"u8);
        reply.WriteArrayHeader(steps);
        for (var step = 0; step < steps; step++)
        {
            reply.WriteArrayHeader(inputs);
            for (var input = 0; input < inputs; input++)
                reply.WriteDouble(_forecasts[step * inputs + input]);
        }
    }
}
