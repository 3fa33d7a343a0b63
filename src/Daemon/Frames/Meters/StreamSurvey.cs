using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Meters;

/// <summary>
/// Looks at all streams in turn, a few rows in each turn of the loop so that no frame waits for it: which have gone
/// quiet, how their forecasts do beside persistence, what their intervals hold, and which do worst.
/// </summary>
public sealed class StreamSurvey(World world, TimeSpan after)
{
    /// <summary>Streams that <see cref="Worst"/> names at most.</summary>
    public const int WorstMax = 20;

    // A row that is not in a cache costs a tenth of a microsecond, and what was learnt another: 20,000 a second are
    // half a percent of a core.
    private const long NanosecondsPerRow = 50_000;
    private const long RowsPerTurn = 8_192;
    private const long Pause = 1_000_000_000;

    private readonly long _after = after.Ticks * 100;
    private readonly PriorityQueue<byte[], double> _worst = new(WorstMax + 1);
    private readonly byte[][] _names = new byte[WorstMax][];
    private int _nameCount;
    private ModelHealth[] _counts = [];
    private ModelHealth[] _found = [];
    private int _generation = -1;
    private int _row;
    private long _last = world.Now;
    private long _next;

    /// <summary>As the last round through the table found it, by the index of the model.</summary>
    public IReadOnlyList<ModelHealth> ByModel => _found;

    /// <summary>Names of the streams whose error was the largest of persistence's in the last round, the worst first.
    /// </summary>
    public ReadOnlySpan<byte[]> Worst => _names.AsSpan(0, _nameCount);

    /// <summary>It had no tick for long.</summary>
    public bool IsStale(in StreamRow stream) => world.Now - stream.Touched >= _after;

    /// <summary>Looks at the rows that are due.</summary>
    public void Run()
    {
        // A clock that was set back must not keep it waiting.
        if (world.Now < _next && _next - world.Now <= Pause)
            return;
        if (_generation != world.Generation)
            Begin();
        var rows = Math.Clamp((world.Now - _last) / NanosecondsPerRow, 0, RowsPerTurn);
        if (rows == 0 && world.Now >= _last)
            return;
        _last = world.Now;
        var end = (int)Math.Min(_row + rows, world.Streams.End);
        for (; _row < end; _row++)
            if (world.Streams.IsUsed(_row))
                Look(_row);
        if (_row < world.Streams.End)
            return;
        (_found, _counts) = (_counts, _found);
        TakeWorst();
        Begin();
        _next = world.Now + Pause;
    }

    private void Look(int row)
    {
        ref var stream = ref world.Streams[row];
        var host = world.Host(stream.Model);
        var health = _counts[stream.Model];
        health.Add(in stream, IsStale(in stream));
        if (host.Online is not null)
            health.AddCoverage(host.Monitor(stream.ModelRow));
        var ratio = stream.Errors.Ratio;
        if (double.IsNaN(ratio))
            return;
        if (_worst.Count < WorstMax)
            _worst.Enqueue(world.Streams.Name(row), ratio);
        else
            _worst.EnqueueDequeue(world.Streams.Name(row), ratio);
    }

    private void TakeWorst()
    {
        _nameCount = _worst.Count;
        for (var i = _nameCount - 1; i >= 0; i--)
            _names[i] = _worst.Dequeue();
    }

    private void Begin()
    {
        if (_generation != world.Generation)
        {
            _counts = Make();
            _found = Make();
        }

        _generation = world.Generation;
        foreach (var health in _counts)
            health.Clear();
        _worst.Clear();
        _row = 0;
    }

    private ModelHealth[] Make() =>
        [.. world.Models.Select(static host => new ModelHealth(host.Model.Intervals))];
}
