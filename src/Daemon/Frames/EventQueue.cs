using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

/// <summary>Events of the frame, encoded as they happen, published when its record is written.</summary>
public sealed class EventQueue
{
    private readonly MessagePackWriter _payloads = new();
    private readonly long[] _counts = new long[Enum.GetValues<StreamEventKind>().Length];
    private (byte[] Stream, int End, byte Topic)[] _events = new (byte[], int, byte)[64];

    public int Count { get; private set; }

    /// <summary>Nothing is queued or counted: what happens has happened before.</summary>
    public bool IsMuted { get; set; }

    /// <summary>Events of a kind since the start.</summary>
    public long Total(StreamEventKind kind) => _counts[(int)kind];

    /// <param name="kind">What happened; an anomaly has a topic of its own.</param>
    /// <param name="stream">The stream's name, as UTF-8.</param>
    /// <param name="isId">Its first tick named it by an unsigned integer.</param>
    /// <param name="seq">Where its count stood.</param>
    /// <param name="detail">More about it.</param>
    /// <param name="score">Of an anomaly; NaN where there is none.</param>
    public void Add(
        StreamEventKind kind, byte[] stream, bool isId, ulong? seq, string? detail, double score = double.NaN)
    {
        if (IsMuted)
            return;
        _counts[(int)kind]++;
        EventWriter.Write(_payloads, kind, new StreamLabel(stream, isId), seq, detail, score);
        Keep(stream, kind == StreamEventKind.Anomaly ? Topic.Anomaly : Topic.Event);
    }

    /// <summary>A model went over to another engine: told under <c>e/</c>, as it is of no stream.</summary>
    public void Add(EngineChange change)
    {
        if (IsMuted)
            return;
        _counts[(int)StreamEventKind.Engine]++;
        EventWriter.WriteEngine(_payloads, change.Model, change.ToString());
        Keep([], Topic.Event);
    }

    public void Publish(IPredictionSink sink)
    {
        var start = 0;
        Span<byte> topic = stackalloc byte[Topic.MaximumLength];
        for (var i = 0; i < Count; i++)
        {
            var (stream, end, kind) = _events[i];
            sink.Publish(topic[..Topic.Write(kind, stream, topic)], _payloads.Written[start..end]);
            start = end;
            _events[i] = default;
        }

        Count = 0;
        _payloads.Clear();
    }

    private void Keep(byte[] stream, byte topic)
    {
        if (Count == _events.Length)
            Array.Resize(ref _events, 2 * Count);
        _events[Count++] = (stream, _payloads.Length, topic);
    }
}
