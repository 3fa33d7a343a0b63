using System.Diagnostics;
using System.Globalization;
using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>
/// The one line that a service manager shows of the daemon, told with every heartbeat of the frame loop, as is that the
/// loop lives. All of it runs on the loop's thread.
/// </summary>
/// <param name="notifier">Where it goes.</param>
/// <param name="world">What it tells of.</param>
/// <param name="latencies">Of the ticks since the heartbeat before.</param>
/// <param name="trouble">Why ticks are refused or held up; null where they are not.</param>
internal sealed class ServiceStatus(
    ServiceNotifier notifier, World world, LatencyWindow latencies, Func<string?> trouble)
{
    private const int LongestFault = 300;

    private string? _told;
    private long _received;
    private long _at = Stopwatch.GetTimestamp();
    private double _rate;
    private double _p99 = double.NaN;

    /// <summary>It serves.</summary>
    public void Ready() => notifier.Ready(_told = Describe());

    public void Reloading() => notifier.Reloading(_told = "reloading; " + Describe());

    /// <summary>With each heartbeat.</summary>
    public void Alive()
    {
        Measure();
        var text = world.HandOvers.Busy is { } busy ? $"{Describe()}; {busy}" : Describe();
        notifier.Alive(text == _told ? null : text);
        _told = text;
    }

    private string Describe()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"serving {world.Streams.Count} streams");
        text.Append(CultureInfo.InvariantCulture, $", {_rate:0} ticks/s");
        if (!double.IsNaN(_p99))
            text.Append(CultureInfo.InvariantCulture, $", p99 {_p99 * 1000:0.00} ms");
        if (trouble() is { } reason)
            text.Append("; ticks are refused or held up: ").Append(Cut(reason));
        if (world.Reloads.Last is { IsOk: false } last)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"; not reloaded at {DateTime.UnixEpoch.AddTicks(last.At / 100):HH:mm:ss}Z, the old configuration "
                    + $"stays: "
                + $"{Cut(last.Faults[0])}");
            if (last.Faults.Count > 1)
                text.Append(CultureInfo.InvariantCulture, $", and {last.Faults.Count - 1} more");
        }

        return text.ToString();
    }

    private static string Cut(string text) => text.Length <= LongestFault ? text : text[..LongestFault] + "…";

    private void Measure()
    {
        var now = Stopwatch.GetTimestamp();
        var received = world.Counters.Received;
        var seconds = Stopwatch.GetElapsedTime(_at, now).TotalSeconds;
        if (seconds <= 0)
            return;
        _rate = (received - _received) / seconds;
        (_received, _at) = (received, now);
        var (ticks, p99) = latencies.Move(0.99);
        _p99 = ticks > 0 ? p99 : double.NaN;
    }
}
