using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Frames;

public class PatienceTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(500, 500, 0)]
    [InlineData(3, 1, 1)]
    [InlineData(64, 1, 31)]
    [InlineData(128, 2, 63)]
    [InlineData(10, 20, 0)]
    [InlineData(1_000_000, 1, 1000)]
    public void Two_ticks_of_a_batch_pay_for_a_look_up_to_a_thousand(int ticks, int messages, int looks)
    {
        var patience = new Patience();
        patience.Worked(ticks, messages);
        Assert.Equal(Environment.ProcessorCount == 1 ? 0 : looks, Count(patience));
    }

    [Fact]
    public void Looks_that_are_left_are_kept_for_the_next_frame()
    {
        var patience = new Patience();
        patience.Worked(11, 1);
        patience.Worked(11, 1);
        Assert.Equal(Environment.ProcessorCount == 1 ? 0 : 10, Count(patience));
        Assert.False(patience.Lasts());
    }

    private static int Count(Patience patience)
    {
        var looks = 0;
        while (patience.Lasts())
            looks++;
        return looks;
    }
}
