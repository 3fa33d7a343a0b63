using Realtime.Daemon.Frames;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Hands over recorded messages, as many as the inbox takes.</summary>
internal sealed class RecordedSource : ITickSource, IDisposable
{
    private readonly List<SimulatedMessage?> _messages = [];
    private readonly AutoResetEvent _woken = new(false);
    private int _next;

    public bool IsEmpty => _next == _messages.Count;

    public void Add(SimulatedMessage message) => _messages.Add(message);

    /// <summary>What is added from here on arrives a frame later.</summary>
    public void Pause() => _messages.Add(null);

    public void Receive(Inbox inbox)
    {
        while (!IsEmpty && !inbox.IsFull && _messages[_next++] is { } message)
            Deliver(message, inbox);
    }

    public void Wait(TimeSpan timeout) => _woken.WaitOne(timeout);

    public void Wake() => _woken.Set();

    public void Dispose() => _woken.Dispose();

    public static void Deliver(SimulatedMessage from, Inbox inbox)
    {
        var message = new Message
        {
            Origin = from.Origin,
            Client = from.Client,
            Identity = Keep(from.Identity, inbox),
            Delimiter = from.Delimiter,
            Topic = Keep(from.Topic, inbox),
            Frames = from.Frames != 0 ? from.Frames : from.Topic.Length == 0 ? 1 : 2,
            LargestFrame = Math.Max(from.LargestFrame, from.Payload.Length),
        };
        if (message.LargestFrame <= inbox.FrameLimit)
            message.Payload = Keep(from.Payload, inbox);
        inbox.Add(in message);
    }

    private static Slice Keep(byte[] bytes, Inbox inbox)
    {
        bytes.CopyTo(inbox.Free);
        return inbox.Keep(bytes.Length);
    }
}
