using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Frames;

public sealed class TickReplyTests
{
    [Fact]
    public void A_reply_is_the_one_that_is_written_in_one_go()
    {
        var random = new Random(20);
        var reply = new Daemon.Frames.TickReply(ulong.MaxValue);
        for (var round = 0; round < 500; round++)
        {
            var outcomes = Enumerable.Range(0, random.Next(70)).Select(_ => OutcomeOf(random)).ToArray();
            var (faulty, wanted) = (random.Next(8) == 0, random.Next(4) != 0);
            byte[] rid = random.Next(2) == 0 ? [] : [0xcd, 1, 2];
            Assert.Equal(
                Expected(outcomes, wanted, rid, faulty), Finished(reply, outcomes, wanted, rid, faulty));
        }
    }

    private static Outcome OutcomeOf(Random random) => random.Next(30) == 0
        ? new Outcome(OutcomeKind.Rejected, -1, ErrorCode.Shape, new string('x', random.Next(100)))
        : new Outcome(random.Next(5) == 0 ? OutcomeKind.Duplicate : OutcomeKind.Accepted, 0, ErrorCode.None, null);

    private static byte[] Finished(
        Daemon.Frames.TickReply reply, Outcome[] outcomes, bool wanted, byte[] rid, bool faulty)
    {
        for (var i = 0; i < outcomes.Length; i++)
        {
            reply.Add(in outcomes[i]);
            if (wanted)
                WritePrediction(reply.AddPrediction(), i);
        }

        return reply.Finish(wanted, rid, faulty).ToArray();
    }

    private static byte[] Expected(Outcome[] outcomes, bool wanted, byte[] rid, bool faulty)
    {
        MessagePackWriter errors = new(), predictions = new(), whole = new();
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].Code != ErrorCode.None)
                ReplyWriter.WriteError(errors, i, outcomes[i].Code, outcomes[i].Detail);
            if (wanted)
                WritePrediction(predictions, i);
        }

        ulong Count(OutcomeKind kind) => (ulong)outcomes.Count(one => one.Kind == kind);
        var last = outcomes.LastOrDefault(static one => one.Code != ErrorCode.None);
        ReplyWriter.Write(whole, new ReplyContent
        {
            Ack = new AckCounts(
                ulong.MaxValue, Count(OutcomeKind.Accepted), Count(OutcomeKind.Duplicate),
                Count(OutcomeKind.Rejected), Count(OutcomeKind.Refused)),
            ErrorCount = outcomes.Count(static one => one.Code != ErrorCode.None),
            Errors = errors.Written,
            HasPredictions = wanted,
            PredictionCount = wanted ? outcomes.Length : 0,
            Predictions = predictions.Written,
            Rid = rid,
            Fault = faulty ? last.Code : ErrorCode.None,
            FaultDetail = last.Detail,
        });
        return whole.Written.ToArray();
    }

    private static void WritePrediction(MessagePackWriter writer, int number)
    {
        writer.WriteArrayHeader(2);
        writer.WriteInt64(number);
        writer.WriteString("a prediction");
    }
}
