using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Frames.Tracing;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

/// <summary>Publishes a frame's predictions and events, and replies to its requests.</summary>
public sealed class Emitter(
    World world, FrameWork work, Inbox inbox, IPredictionSink sink, ReplyQueue replies, FrameMeters meters,
    TickTracer? tracer = null)
{
    private readonly Deliveries _deliveries = new(meters, tracer);
    private readonly byte[] _topic = new byte[Topic.MaximumLength];
    private readonly byte[] _trace = new byte[TraceParent.Length];
    private readonly MessagePackWriter _predictions = new(64 * 1024);
    private readonly TickReply _reply = new(world.Epoch);
    private (int Start, int End)[] _encoded = [];
    private bool _areEncoded;

    /// <summary>Goes on with other ones.</summary>
    public void Use(FrameWork frame, Inbox from) => (work, inbox) = (frame, from);

    public void Run()
    {
        world.Events.Publish(sink);
        RunWithoutEvents();
    }

    /// <summary>The same where the events have gone out, and those there are belong to a later frame.</summary>
    public void RunWithoutEvents()
    {
        PublishPredictions();
        foreach (ref readonly var request in work.Requests)
            Answer(in request);
        _predictions.Clear();
    }

    // What somebody hears is encoded here, and kept for the replies; the rest only where a reply wants it.
    private void PublishPredictions()
    {
        _areEncoded = sink.HasSubscribers;
        if (work.IsUnrecorded)
            return;
        tracer?.Select(work, inbox);
        if (_areEncoded)
        {
            PublishEncoded();
        }
        else
        {
            world.Counters.Published += work.TickCount;
            _deliveries.Unheard(work.Items);
        }

        tracer?.Commit();
    }

    private void PublishEncoded()
    {
        if (_encoded.Length < work.ItemCount)
            _encoded = new (int, int)[Math.Max(work.ItemCount, 2 * _encoded.Length)];
        for (var i = 0; i < work.ItemCount; i++)
        {
            ref var item = ref work.Items[i];
            if (item.Kind != ItemKind.Tick)
                continue;
            var start = _predictions.Length;
            Encode(in item, _predictions);
            _encoded[i] = (start, _predictions.Length);
            var length = Topic.Write(Topic.Prediction, world.Streams.Name(item.Row), _topic);
            Publish(in item, _topic.AsSpan(0, length), _predictions.Written[start..]);
        }

        _deliveries.Flush();
    }

    private void Encode(in Item item, MessagePackWriter writer)
    {
        var host = world.Host(item.Model);
        ref readonly var made = ref item.Source < 0 ? ref item : ref work.Items[item.Source];
        var content = new PredictionContent
        {
            Stream = new StreamLabel(world.Streams.Name(item.Row), world.Streams[item.Row].IsId),
            Seq = item.Seq,
            Time = item.Time,
            Prediction = work.Prediction(in made, host.PredictionCount),
            Values = work.Values(in made, host.InputCount),
            Score = made.Score,
            Flags = made.Flags,
            Trace = item.Traced == 0 ? inbox.Bytes(item.Trace) : tracer!.Write(in item, _trace),
        };
        host.Predictions.Write(writer, in content);
    }

    private void EncodeFor(in Outcome outcome, MessagePackWriter reply)
    {
        if (outcome.Item < 0)
        {
            reply.WriteNil();
            return;
        }

        ref var item = ref work.Items[outcome.Item];
        if (!_areEncoded || work.IsUnrecorded || item.Kind != ItemKind.Tick)
        {
            Encode(in item, reply);
            return;
        }

        var (start, end) = _encoded[outcome.Item];
        reply.WriteRaw(_predictions.Written[start..end]);
    }

    private void Publish(in Item item, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (sink.Publish(topic, payload))
        {
            world.Counters.Published++;
            _deliveries.Sent(in item);
        }
        else
        {
            world.Counters.Dropped++;
            _deliveries.Dropped(in item);
        }
    }

    private void Answer(in RequestWork request)
    {
        if (!request.Control.IsEmpty)
        {
            Reply(in request, request.Control.Of(work.Replies.Written), 0);
            return;
        }

        foreach (ref readonly var outcome in work.Outcomes[request.First..request.End])
        {
            _reply.Add(in outcome);
            if (request.Reply)
                EncodeFor(in outcome, _reply.AddPrediction());
        }

        if (!request.Complete)
            return;
        var ticks = _reply.Ticks;
        Reply(in request, _reply.Finish(request.Reply, inbox.Bytes(request.Rid), request.Faulty), ticks);
    }

    private void Reply(in RequestWork request, ReadOnlySpan<byte> payload, int ticks)
    {
        ref var message = ref inbox[request.Message];
        replies.Add(
            new ReplyTo(inbox.Bytes(message.Identity), message.Delimiter), payload, inbox.Bytes(request.Rid),
            (ulong)ticks, request.Snapshot);
    }
}
