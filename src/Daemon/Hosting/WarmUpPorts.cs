using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Hosting;

/// <summary>Gives the loop, frame by frame, a tick by each way and in each form, and takes what it sends.</summary>
/// <param name="inputs">Values per tick; zeros, which every model takes.</param>
internal sealed class WarmUpPorts(int inputs) : IClock, ITickSource, IPredictionSink
{
    private const int BatchLength = 16;
    private const long FrameTime = 50_000_000;

    private readonly double[] _values = new double[inputs];
    private readonly MessagePackWriter _ticks = new();
    private readonly MessagePackWriter _message = new();
    private ulong _seq;

    public long UtcNanoseconds { get; private set; }

    // Both ways have their turn.
    public bool HasSubscribers => _seq % 2 == 0;

    /// <summary>What the loop has sent.</summary>
    public int Replies { get; private set; }

    public int Publications { get; private set; }

    public void Receive(Inbox inbox)
    {
        UtcNanoseconds += FrameTime;
        _seq++;
        Send(inbox, Origin.Ingest, writer => TickWriter.WriteMap(writer, Stream("map"), _values, _seq));
        Send(inbox, Origin.Ingest, writer => TickWriter.WriteArray(writer, Stream("array"), _values, _seq));
        Send(inbox, Origin.Request, writer =>
            TickWriter.WriteMap(writer, Stream("request"), _values, _seq, reply: true));
        Send(inbox, Origin.Request, WriteBatch);
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        Publications++;
        return true;
    }

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        Replies++;
        return true;
    }

    public void Wait(TimeSpan timeout)
    {
    }

    public void Wake()
    {
    }

    private static StreamLabel Stream(string name) => new(Encoding.UTF8.GetBytes(name));

    private void WriteBatch(MessagePackWriter writer)
    {
        _ticks.Clear();
        for (var i = 0; i < BatchLength; i++)
            TickWriter.WriteArray(_ticks, Stream($"batch/{i}"), _values, _seq);
        TickWriter.WriteBatch(writer, BatchLength, _ticks.Written, reply: true);
    }

    private void Send(Inbox inbox, Origin origin, Action<MessagePackWriter> write)
    {
        _message.Clear();
        write(_message);
        _message.Written.CopyTo(inbox.Free);
        inbox.Add(new Message
        {
            Origin = origin,
            Payload = inbox.Keep(_message.Length),
            Frames = 1,
            LargestFrame = _message.Length,
        });
    }
}
