using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Frames;

public sealed class AccountingTests
{
    private static readonly int[] Seeds = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void After_every_frame_received_is_stepped_and_duplicate_and_rejected_and_refused()
    {
        foreach (var seed in Seeds)
        {
            var input = new HostileInput(seed);
            using var daemon = Daemon(maxTicks: 1 + input.Below(40));
            for (var burst = 0; burst < 60; burst++)
            {
                for (var i = input.Below(30); i >= 0; i--)
                    daemon.Send(input.Message());
                daemon.Run(() => daemon.AssertBalanced($"in burst {burst} of seed {seed}"));
                daemon.Clock.UtcNanoseconds += 100_000_000;
            }

            Assert.True(daemon.Counters.Stepped > 500, $"seed {seed} stepped {daemon.Counters.Stepped}");
            Assert.All(
                new[] { daemon.Counters.Duplicate, daemon.Counters.Rejected, daemon.Counters.Refused },
                static count => Assert.NotEqual(0, count));
        }
    }

    [Fact]
    public void The_acknowledgement_of_every_message_counts_what_the_counters_count()
    {
        foreach (var seed in Seeds)
        {
            var input = new HostileInput(1000 + seed);
            using var daemon = Daemon(maxTicks: 16);
            for (var message = 0; message < 500; message++)
            {
                var before = Counts(daemon.Counters);
                daemon.Send(input.Message(Origin.Request));
                daemon.Run();
                var reply = Assert.Single(daemon.Sink.Replies).Value;
                daemon.Sink.Replies.Clear();
                var counted = Counts(daemon.Counters).Zip(before, static (now, then) => now - then).ToArray();
                AssertAgrees(reply, counted, $"message {message} of seed {1000 + seed}");
            }
        }
    }

    [Fact]
    public void A_batch_larger_than_a_frame_has_one_reply_and_the_frames_do_not_exceed_their_ticks()
    {
        using var daemon = Daemon(maxTicks: 7);
        var ticks = Enumerable.Range(1, 50).Select(static i => Pack.Tick($"a/{i % 3}", 1.5, (ulong)i)).ToArray();
        daemon.Request(Pack.Batch(ticks, reply: true));
        daemon.Request(Pack.Tick("a/9", 1, 1));
        var stepped = 0L;
        var frames = 0;
        daemon.Run(() =>
        {
            Assert.True(daemon.Counters.Stepped - stepped <= 7);
            daemon.AssertBalanced();
            stepped = daemon.Counters.Stepped;
            frames++;
        });
        Assert.Equal(2, daemon.Sink.Replies.Count);
        Assert.Equal(50UL, daemon.Sink.Replies[0].Value["ack"]["accepted"].AsUInt64());
        Assert.Equal(50, daemon.Sink.Replies[0].Value["predictions"].Items.Count);
        Assert.Equal(1UL, daemon.Sink.Replies[1].Value["ack"]["accepted"].AsUInt64());
        Assert.True(frames >= 8);
    }

    [Fact]
    public void What_nobody_takes_is_counted_and_stops_nothing()
    {
        using var daemon = Daemon(maxTicks: 16);
        daemon.Sink.IsDown = true;
        daemon.Request(Pack.Tick("a/1", 1, 1, reply: true));
        daemon.Request(Pack.Op("hello"));
        daemon.Take(Pack.Tick("a/1", 1, 2));
        Assert.Equal(0, daemon.Counters.Published);
        Assert.Equal(2, daemon.Counters.Dropped);
        Assert.Equal(2, daemon.Counters.Undeliverable);
        Assert.Equal(2, daemon.Counters.Stepped);
    }

    private static SimulatedDaemon Daemon(int maxTicks) =>
        new(SimulatedDaemon.Options(maxTicks, streamsMax: 6), HostileInput.Models);

    private static long[] Counts(Counters counters) =>
        [counters.Received, counters.Stepped, counters.Duplicate, counters.Rejected, counters.Refused];

    private static void AssertAgrees(MessagePackValue reply, long[] counted, string context)
    {
        var ack = reply["ack"];
        if (ack.IsNil)
        {
            // A control request: none is a tick, but one that does not exist counts as one rejected.
            var isUnknown = Read.Error(reply) == ErrorCode.Unsupported;
            Assert.True(counted.SequenceEqual(isUnknown ? [1, 0, 0, 1, 0] : [0, 0, 0, 0, 0]), context);
            return;
        }

        string[] keys = ["received", "accepted", "duplicate", "rejected", "refused"];
        Assert.True(keys.Select(key => ack[key].AsInt64()!.Value).SequenceEqual(counted), context);
        var errors = Read.Errors(reply);
        Assert.Equal(counted[3] + counted[4], errors.Count);
        Assert.Equal(counted[4], errors.Count(static error => error.Code.IsRefused()));
        Assert.True(errors.Zip(errors.Skip(1)).All(static pair => pair.First.Index < pair.Second.Index), context);
        Assert.All(errors, error => Assert.InRange(error.Index, 0, counted[0] - 1));
        if (reply["predictions"].IsNil)
            return;
        Assert.Equal(counted[0], reply["predictions"].Items.Count);
        Assert.All(errors, error => Assert.True(reply["predictions"].Items[error.Index].IsNil, context));
        Assert.True(reply["predictions"].Items.Count(static item => !item.IsNil) >= counted[1], context);
    }
}
