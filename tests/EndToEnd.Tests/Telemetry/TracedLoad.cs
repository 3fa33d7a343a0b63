using System.Globalization;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>Ticks of some streams, a few of them with traces of their own, and what their predictions handed on.
/// </summary>
internal sealed class TracedLoad(DaemonProcess daemon)
{
    public const int Ticks = 20_000;

    private const int Streams = 50;
    private const int TracedEvery = 400;

    /// <summary>A trace that is no W3C traceparent.</summary>
    public const string NoTrace = "mine/17";

    /// <summary>What was sent as a trace, by stream and number.</summary>
    public Dictionary<string, string> Sent { get; } = [];

    /// <summary>What predictions carried as one.</summary>
    public Dictionary<string, string> HandedOn { get; } = [];

    /// <summary>Sends everything, and waits until each is answered.</summary>
    public void Run()
    {
        using var client = new RealtimeClient(
            new() { Requests = daemon.Requests, Timeout = TimeSpan.FromSeconds(20) });
        const int underWay = 100;
        for (var i = 0; i < Ticks + underWay; i++)
        {
            if (i < Ticks)
                client.Post(Tick(i));
            if (i >= underWay)
                Keep(client.ReceiveReply());
        }
    }

    private byte[] Tick(int i)
    {
        var (stream, seq) = ($"s{i % Streams}", (ulong)(i / Streams + 1));
        var trace = (i % TracedEvery) switch
        {
            0 => TraceOf(i, sampled: true),
            100 => TraceOf(i, sampled: false),
            200 => NoTrace,
            _ => null,
        };
        if (trace is not null)
            Sent[$"{stream}/{seq}"] = trace;
        var writer = new MessagePackWriter();
        writer.WriteMapHeader(trace is null ? 4 : 5);
        writer.WriteString("stream"u8);
        writer.WriteString(stream);
        writer.WriteString("seq"u8);
        writer.WriteUInt64(seq);
        writer.WriteString("value"u8);
        writer.WriteDouble(Math.Sin(i * 0.01));
        writer.WriteString("reply"u8);
        writer.WriteBoolean(true);
        if (trace is not null)
        {
            writer.WriteString("trace"u8);
            writer.WriteString(trace);
        }

        return writer.Written.ToArray();
    }

    private void Keep(MessagePackValue reply)
    {
        var prediction = reply["predictions"].Items[0];
        if (prediction["trace"].AsString() is { } trace)
            HandedOn[$"{prediction["stream"].AsString()}/{prediction["seq"].AsUInt64()}"] = trace;
    }

    private static string TraceOf(int i, bool sampled) => string.Create(
        CultureInfo.InvariantCulture, $"00-{i + 1:x16}{0xabcdef:x16}-{i + 7:x16}-{(sampled ? 1 : 0):x2}");
}
