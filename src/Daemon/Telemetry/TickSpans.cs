using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Telemetry;

/// <summary>Makes spans of traced ticks: one for the tick, and one within it for each stage of its frame.</summary>
internal sealed class TickSpans : IDisposable
{
    private const long NanosecondsPerTick = 100;

    private readonly ActivitySource _source = new(Instruments.Meter, Hosting.DaemonHost.Version);

    /// <summary>Sends a tick's spans.</summary>
    /// <param name="tick">The tick.</param>
    /// <param name="within">Called while the tick's span is the current one.</param>
    public void Tell(in TracedTick tick, Action<TracedTick>? within)
    {
        var trace = ActivityTraceId.CreateFromBytes(Bytes(tick.Own.High, tick.Own.Low));
        var before = new ActivityContext(
            trace, tick.Parent == 0 ? default : SpanOf(tick.Parent), ActivityTraceFlags.Recorded, isRemote: true);
        using var span = _source.StartActivity(
            "tick", ActivityKind.Consumer, before, startTime: At(in tick, tick.Received));
        if (span is null)
            return;
        var own = SpanOf(tick.Own.Span);
        SpanIdOf(span) = own.ToHexString();
        Describe(span, in tick);
        within?.Invoke(tick);
        var context = new ActivityContext(trace, own, ActivityTraceFlags.Recorded);
        TellStage("ingest", context, in tick, tick.Received, tick.Ingested);
        TellStage("decode", context, in tick, tick.Ingested, tick.Decoded);
        TellStage("step", context, in tick, tick.Decoded, tick.Stepped);
        TellStage("journal", context, in tick, tick.Stepped, tick.Journalled);
        TellStage("emit", context, in tick, tick.Journalled, tick.HandedOver);
        span.SetEndTime(At(tick, tick.HandedOver));
    }

    public void Dispose() => _source.Dispose();

    private static void Describe(Activity span, in TracedTick tick)
    {
        span.SetTag("messaging.system", "zeromq");
        span.SetTag("messaging.operation.type", "process");
        span.SetTag("realtime.model", tick.Model.Name);
        span.SetTag("realtime.stream", Encoding.UTF8.GetString(tick.Stream));
        span.SetTag("realtime.seq", (long)tick.Seq);
        if (tick.IsDropped)
            span.SetStatus(ActivityStatusCode.Error, "the prediction socket would not take the prediction");
    }

    private void TellStage(string stage, ActivityContext tick, in TracedTick of, long from, long to)
    {
        using var span = _source.StartActivity(stage, ActivityKind.Internal, tick, startTime: At(of, from));
        span?.SetEndTime(At(of, to));
    }

    // Boundaries are rounded, not durations: the stages add up to the tick still.
    private static DateTime At(in TracedTick tick, long timestamp) =>
        DateTime.UnixEpoch.AddTicks((tick.WallReceived + (timestamp - tick.Received)) / NanosecondsPerTick);

    private static ActivitySpanId SpanOf(ulong id) => ActivitySpanId.CreateFromBytes(Bytes(id));

    private static byte[] Bytes(params ReadOnlySpan<ulong> numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(ulong)];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        return bytes;
    }

    // The prediction has handed on the span's id before there was a span, and the runtime lets nobody choose one.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? SpanIdOf(Activity activity);
}
