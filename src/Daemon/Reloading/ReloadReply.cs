using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Requests;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Reloading;

/// <summary>Replies to <c>reload</c>, see docs/protocol.md.</summary>
internal static class ReloadReply
{
    /// <summary>Each model's fate with the streams it concerns, those that are gone at the end.</summary>
    public static IReadOnlyList<(ModelChange Change, int Streams)> Outcomes(
        IEnumerable<NextModel> next, IEnumerable<string> gone, HandedOver done) =>
    [
        .. next.Select(static one => one.Change)
            .Concat(gone.Select(static name => new ModelChange(name, ModelFate.Gone, null)))
            .Select(change => (change, done.Streams.GetValueOrDefault(change.Name))),
    ];

    public static MessagePackWriter Done(
        IReadOnlyList<(ModelChange Change, int Streams)> outcomes, HandedOver done, IReadOnlyList<string> applied,
        IReadOnlyList<string> later, byte[]? rid)
    {
        var reply = new MessagePackWriter();
        reply.WriteMapHeader(rid is { Length: > 0 } ? 7 : 6);
        reply.Entry("ok"u8, true);
        reply.WriteString("models"u8);
        reply.WriteArrayHeader(outcomes.Count);
        foreach (var (change, streams) in outcomes)
        {
            reply.WriteMapHeader(change.Reason is null ? 3 : 4);
            reply.Entry("name"u8, change.Name);
            reply.Entry("fate"u8, change.FateName);
            reply.Entry("streams"u8, streams);
            if (change.Reason is { } reason)
                reply.Entry("reason"u8, reason);
        }

        reply.Entry("moved"u8, done.Moved);
        reply.Entry("left"u8, done.Left);
        Write(reply, "applied"u8, applied);
        Write(reply, "nextStart"u8, later);
        ReplyWriter.WriteRid(reply, rid);
        return reply;
    }

    public static MessagePackWriter Error(IReadOnlyList<string> faults, byte[]? rid)
    {
        var reply = new MessagePackWriter();
        reply.WriteMapHeader(rid is { Length: > 0 } ? 3 : 2);
        ReplyWriter.WriteErrorEntry(reply, ErrorCode.Refused, string.Join("; ", faults));
        Write(reply, "faults"u8, faults);
        ReplyWriter.WriteRid(reply, rid);
        return reply;
    }

    private static void Write(MessagePackWriter reply, ReadOnlySpan<byte> key, IReadOnlyList<string> texts)
    {
        reply.WriteString(key);
        reply.WriteArrayHeader(texts.Count);
        foreach (var text in texts)
            reply.WriteString(text);
    }
}
