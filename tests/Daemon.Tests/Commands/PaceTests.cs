using Realtime.Daemon.Commands;

namespace Realtime.Daemon.Tests.Commands;

public sealed class PaceTests
{
    [Fact]
    public void Wait_AfterTheTime_IsOver_WithoutTheThreadPool()
    {
        using var end = new End(0.02, CancellationToken.None);
        var pace = new Pace(1000);
        Thread.Sleep(30);
        Assert.True(end.IsOver);
        Assert.False(pace.Wait(end));
    }

    [Fact]
    public void Wait_NeverOutlastsTheTime()
    {
        using var end = new End(1, CancellationToken.None);
        var pace = new Pace(0.1);
        Assert.True(pace.Wait(end));
        Assert.False(pace.Wait(end));
        Assert.InRange(pace.Elapsed.TotalSeconds, 0, 9);
    }

    [Fact]
    public void SkipMissed_AfterADelay_LeavesOnlyTheBeatsToCome()
    {
        using var end = new End(60, CancellationToken.None);
        var pace = new Pace(20);
        Assert.True(pace.Wait(end));
        Thread.Sleep(400);
        pace.SkipMissed();
        var before = pace.Elapsed;
        for (var i = 0; i < 3; i++)
            Assert.True(pace.Wait(end));
        // The two periods behind the next beat; eight had been missed.
        Assert.InRange((pace.Elapsed - before).TotalSeconds, 0.09, 60);
    }
}
