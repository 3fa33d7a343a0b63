using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

/// <summary>Predictions that nobody subscribed to are not encoded; nothing else tells the difference.</summary>
public sealed class SubscriberTests
{
    [Theory]
    [InlineData(GapPolicy.Step)]
    [InlineData(GapPolicy.Impute)]
    public void Without_subscribers_replies_and_counts_are_the_same(GapPolicy onGap)
    {
        using var heard = Play(hasSubscribers: true, onGap);
        using var unheard = Play(hasSubscribers: false, onGap);

        Assert.NotEmpty(heard.Sink.Predictions);
        Assert.Empty(unheard.Sink.Predictions);
        Assert.Equal(heard.Counters.Published, heard.Sink.Predictions.Count());
        Assert.Equal(heard.Counters.Published, unheard.Counters.Published);
        Assert.Equal(heard.Sink.Replies.Count, unheard.Sink.Replies.Count);
        for (var i = 0; i < heard.Sink.Replies.Count; i++)
            Assert.Equal(heard.Sink.Replies[i].Payload, unheard.Sink.Replies[i].Payload);
        Assert.Equal(heard.StatesDigest(), unheard.StatesDigest());
        Assert.Equal(heard.Sink.Events.Count(), unheard.Sink.Events.Count());
    }

    private static SimulatedDaemon Play(bool hasSubscribers, GapPolicy onGap)
    {
        var daemon = new SimulatedDaemon(SimulatedDaemon.Options(64, onGap: onGap), HostileInput.Models);
        daemon.Sink.HasSubscribers = hasSubscribers;
        var input = new HostileInput(31);
        for (var i = 0; i < 500; i++)
        {
            daemon.Send(input.Message());
            if (i % 5 == 0)
                daemon.Run();
        }

        daemon.Run();
        return daemon;
    }
}
