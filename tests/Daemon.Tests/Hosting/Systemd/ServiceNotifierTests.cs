using System.Diagnostics;
using System.Globalization;
using Realtime.Daemon.Hosting.Systemd;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Hosting.Systemd;

public sealed class ServiceNotifierTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_word_is_a_datagram_with_its_status(bool isAbstract)
    {
        var name = isAbstract ? $"@realtimed-{_folder.Path}" : Path.Combine(_folder.Path, "notify");
        using var manager = new NotifySocket(name);
        using var notifier = new ServiceNotifier(name, TimeSpan.FromSeconds(3));
        Assert.True(notifier.IsThere);
        Assert.True(notifier.Starting("recovering:\n1 record"));
        Assert.Equal("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=recovering: 1 record", manager.Receive());
        Assert.True(notifier.Ready("serving"));
        Assert.Equal("READY=1\nSTATUS=serving", manager.Receive());
        Assert.True(notifier.Alive(null));
        Assert.Equal("WATCHDOG=1", manager.Receive());
        Assert.True(notifier.Alive("serving 1 stream"));
        Assert.Equal("WATCHDOG=1\nSTATUS=serving 1 stream", manager.Receive());
        Assert.True(notifier.Stopping(TimeSpan.FromSeconds(5), "stopping"));
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=65000000\nSTATUS=stopping", manager.Receive());
    }

    [Fact]
    public void A_reload_has_the_time_of_the_monotonic_clock()
    {
        var name = Path.Combine(_folder.Path, "notify");
        using var manager = new NotifySocket(name);
        using var notifier = new ServiceNotifier(name);
        var before = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
        notifier.Reloading("reloading");
        var words = manager.Receive().Split('\n');
        Assert.Equal(("RELOADING=1", "STATUS=reloading"), (words[0], words[2]));
        Assert.StartsWith("MONOTONIC_USEC=", words[1]);
        var time = long.Parse(words[1].Split('=')[1], CultureInfo.InvariantCulture);
        Assert.InRange(time, before, Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000) + 1);
        // The same clock that the service manager reads.
        var uptime = double.Parse(
            File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(time / 1e6, uptime - 60, uptime + 60);
    }

    [Fact]
    public void Without_a_watchdog_only_what_changed_is_told()
    {
        var name = Path.Combine(_folder.Path, "notify");
        using var manager = new NotifySocket(name);
        using var notifier = new ServiceNotifier(name);
        Assert.False(notifier.Alive(null));
        Assert.True(manager.IsEmpty);
        Assert.True(notifier.Alive("serving"));
        Assert.Equal("STATUS=serving", manager.Receive());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("vsock:2:1234")]
    public void Where_nobody_listens_nothing_happens(string? socket)
    {
        using var notifier = new ServiceNotifier(socket, TimeSpan.FromSeconds(1));
        Assert.False(notifier.IsThere);
        Assert.Null(notifier.Watchdog);
        Assert.False(notifier.Ready("serving"));
        Assert.False(notifier.Alive("serving"));
    }

    [Fact]
    public void A_manager_that_does_not_read_holds_nothing_up()
    {
        var name = Path.Combine(_folder.Path, "notify");
        using var manager = new NotifySocket(name);
        using var notifier = new ServiceNotifier(name, TimeSpan.FromSeconds(1));
        var begun = Stopwatch.GetTimestamp();
        var refused = 0;
        for (var i = 0; i < 5000; i++)
            refused += notifier.Alive($"serving {i} streams") ? 0 : 1;
        Assert.True(refused > 0);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("3000000", null, 3.0)]
    [InlineData("3000000", "7", 3.0)]
    [InlineData("3000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("x", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_is_that_of_this_process(string? time, string? process, double? seconds)
    {
        using var notifier = ServiceNotifier.From(
            name => name switch
            {
                "NOTIFY_SOCKET" => "@nobody",
                "WATCHDOG_USEC" => time,
                "WATCHDOG_PID" => process,
                _ => null,
            },
            7);
        Assert.Equal(seconds, notifier.Watchdog?.TotalSeconds);
    }
}
