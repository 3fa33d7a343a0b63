using System.Diagnostics;
using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Sensors;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>Publishes this machine's vital signs. A reading that can't be sent is dropped and leaves a gap.</summary>
/// <param name="socket">Where they go.</param>
/// <param name="clock">Stamps them.</param>
/// <param name="prefix">What the streams' names start with, in place of "host".</param>
internal sealed class LiveSensors(TickSocket socket, IClock clock, string prefix)
{
    private const string OwnPrefix = "host";

    private readonly SensorReader _reader = new();
    private readonly Dictionary<string, SensorStream> _streams = new(StringComparer.Ordinal);
    private readonly MessagePackWriter _writer = new();
    private readonly ulong _run = (ulong)clock.UtcNanoseconds;

    /// <summary>Publishes until stopped.</summary>
    /// <param name="rate">Readings of each sensor per second.</param>
    /// <param name="started">Is told the streams of the first reading.</param>
    /// <param name="end">Ends it.</param>
    public PublishedCounts Run(double rate, Action<IReadOnlyCollection<string>> started, End end)
    {
        // Rates and utilisations are differences: the first reading only sets the counters.
        _reader.Read(Monotonic());
        end.Sleep(TimeSpan.FromSeconds(Math.Min(1, 1 / rate)));
        socket.AwaitConnection(end);
        var pace = new Pace(rate);
        long sent = 0, dropped = 0;
        while (pace.Wait(end))
        {
            var isFirst = _streams.Count == 0;
            Publish(ref sent, ref dropped);
            if (isFirst)
                started(_streams.Keys);
            pace.SkipMissed();
        }

        return new PublishedCounts(sent, dropped, _streams.Count, pace.Elapsed);
    }

    private void Publish(ref long sent, ref long dropped)
    {
        var readings = _reader.Read(Monotonic());
        var time = clock.UtcNanoseconds;
        foreach (var reading in readings)
        {
            StreamOf(reading.Stream).WriteNext(_writer, [reading.Value], time);
            if (socket.TrySend(_writer.Written))
                sent++;
            else
                dropped++;
        }
    }

    private SensorStream StreamOf(string sensor)
    {
        var name = prefix + sensor[OwnPrefix.Length..];
        if (!_streams.TryGetValue(name, out var stream))
        {
            stream = new SensorStream(Encoding.UTF8.GetBytes(name), _run);
            _streams.Add(name, stream);
        }

        return stream;
    }

    private static long Monotonic() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
}
