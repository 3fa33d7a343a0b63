using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Frames;

public class PatienceTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(64, 32)]
    [InlineData(1_000_000, 1000)]
    public void Two_ticks_pay_for_a_look_up_to_a_thousand(int ticks, int looks)
    {
        var patience = new Patience();
        patience.Worked(ticks);
        Assert.Equal(Environment.ProcessorCount == 1 ? 0 : looks, Count(patience));
    }

    [Fact]
    public void Looks_that_are_left_are_kept_for_the_next_frame()
    {
        var patience = new Patience();
        patience.Worked(10);
        patience.Worked(10);
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
