using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary>Publishes the rows of a CSV file as ticks; waits where the daemon can't take more.</summary>
/// <param name="rows">The file.</param>
/// <param name="socket">Where ticks go.</param>
/// <param name="clock">Stamps rows that have no time.</param>
/// <param name="name">The stream; what precedes a group's name where the file has several; null for nothing.</param>
/// <param name="eachColumn">Makes each value column a stream of its own.</param>
internal sealed class CsvRows(SeriesReader rows, TickSocket socket, IClock clock, string? name, bool eachColumn)
{
    private readonly Dictionary<string, SensorStream[]> _groups = new(StringComparer.Ordinal);
    private readonly MessagePackWriter _writer = new();
    private readonly ulong _run = (ulong)clock.UtcNanoseconds;

    /// <summary>Publishes to the end of the file, or until the end.</summary>
    /// <param name="rate">Rows per second; infinity for as fast as the daemon takes them.</param>
    /// <param name="end">Ends it.</param>
    /// <exception cref="SeriesFormatException">A row can't be read.</exception>
    public PublishedCounts Run(double rate, End end)
    {
        var pace = new Pace(rate);
        long sent = 0;
        while ((double.IsInfinity(rate) ? !end.IsOver : pace.Wait(end)) && rows.Read())
        {
            var streams = StreamsOf(rows.Group);
            var time = rows.Time ?? clock.UtcNanoseconds;
            for (var i = 0; i < streams.Length; i++)
            {
                streams[i].WriteNext(_writer, eachColumn ? rows.Values.Slice(i, 1) : rows.Values, time);
                if (!socket.Send(_writer.Written, end))
                    break;
                sent++;
            }
        }

        return new PublishedCounts(sent, 0, _groups.Values.Sum(static streams => streams.Length), pace.Elapsed);
    }

    private SensorStream[] StreamsOf(string group)
    {
        if (!_groups.TryGetValue(group, out var streams))
        {
            var stream = name is null || group.Length == 0 ? name ?? group : $"{name}/{group}";
            streams = eachColumn
                ? [.. rows.Columns.Values.Select(column => Stream($"{stream}/{column}"))]
                : [Stream(stream)];
            _groups.Add(group, streams);
        }

        return streams;
    }

    private SensorStream Stream(string stream)
    {
        var utf8 = Encoding.UTF8.GetBytes(stream);
        return StreamName.IsValid(utf8)
            ? new SensorStream(utf8, _run)
            : throw new SeriesFormatException(
                $"line {rows.Line}: found the stream name \"{stream}\", expected 1 to {StreamName.MaximumLength} bytes "
                + "of UTF-8 without control characters");
    }
}
