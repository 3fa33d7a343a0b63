using System.Globalization;
using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Backtesting;

/// <summary>
/// Gives the loop recorded rows as messages and keeps what it publishes; the clock stands between frames. Streams go by
/// their numbers.
/// </summary>
internal sealed class RecordedPorts : IClock, ITickSource, IPredictionSink
{
    private const long FrameTime = 1_000_000;

    private readonly MessagePackWriter _message = new();
    private readonly List<byte[]> _names = [];
    private readonly List<Slice> _ticks = [];
    private readonly List<(int Stream, Slice Payload)> _predictions = [];
    private byte[] _sent = new byte[64 * 1024];
    private byte[] _received = new byte[64 * 1024];
    private int _sentLength;
    private int _receivedLength;
    private int _next;

    public long UtcNanoseconds { get; private set; } = 1_600_000_000_000_000_000;

    /// <summary>What the loop said of ticks that it did not take; null where it took all.</summary>
    public string? Fault { get; private set; }

    /// <summary>Predictions since <see cref="Clear"/>.</summary>
    public int Count => _predictions.Count;

    /// <summary>Makes a tick wait for the next frame.</summary>
    public void Add(int stream, ReadOnlySpan<double> values, ulong seq, long? time)
    {
        while (_names.Count <= stream)
            _names.Add(Encoding.UTF8.GetBytes(_names.Count.ToString(CultureInfo.InvariantCulture)));
        _message.Clear();
        TickWriter.WriteArray(_message, new StreamLabel(_names[stream]), values, seq, time);
        _ticks.Add(Keep(ref _sent, ref _sentLength, _message.Written));
    }

    public void Clear()
    {
        _ticks.Clear();
        _predictions.Clear();
        (_sentLength, _receivedLength, _next) = (0, 0, 0);
    }

    public (int Stream, ReadOnlyMemory<byte> Payload) Prediction(int index)
    {
        var (stream, payload) = _predictions[index];
        return (stream, _received.AsMemory(payload.Offset, payload.Length));
    }

    public void Receive(Inbox inbox)
    {
        UtcNanoseconds += FrameTime;
        for (; _next < _ticks.Count && !inbox.IsFull; _next++)
        {
            var tick = _sent.AsSpan(_ticks[_next].Offset, _ticks[_next].Length);
            if (tick.Length <= inbox.FrameLimit)
                tick.CopyTo(inbox.Free);
            inbox.Add(new Message
            {
                Origin = Origin.Ingest,
                Payload = inbox.Keep(Math.Min(tick.Length, inbox.FrameLimit)),
                Frames = 1,
                LargestFrame = tick.Length,
            });
        }
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (topic is [Topic.Prediction, (byte)'/', .. var name]
            && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var stream))
            _predictions.Add((stream, Keep(ref _received, ref _receivedLength, payload)));
        else if (Fault is null && topic is [Topic.Event, ..] && MessagePackValue.TryParse(payload, out var value)
            && StreamEvent.From(value) is { Event: "rejected" } rejected)
            Fault = $"row {rejected.Seq - 1} was rejected: {rejected.Detail}";
        return true;
    }

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload) => true;

    public void Wait(TimeSpan timeout)
    {
    }

    public void Wake()
    {
    }

    private static Slice Keep(ref byte[] bytes, ref int length, ReadOnlySpan<byte> added)
    {
        if (bytes.Length - length < added.Length)
            Array.Resize(ref bytes, Math.Max(2 * bytes.Length, length + added.Length));
        added.CopyTo(bytes.AsSpan(length));
        length += added.Length;
        return new Slice(length - added.Length, added.Length);
    }
}
