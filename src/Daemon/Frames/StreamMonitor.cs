using Realtime.Cells.Adaptive;

namespace Realtime.Daemon.Frames;

/// <summary>
/// How a stream's intervals have done lately, and the score of its last tick, in doubles that lie behind what it has
/// learnt: score, ticks whose intervals were judged, and for each level the exponentially weighted share of values
/// that its intervals held.
/// </summary>
public readonly ref struct StreamMonitor(Span<double> memory)
{
    private const int Head = 2;

    private readonly Span<double> _memory = memory;

    /// <summary>The score of the last tick; NaN where there is none.</summary>
    public readonly double Score
    {
        get => _memory[0];
        set => _memory[0] = value;
    }

    /// <summary>Ticks whose intervals were judged.</summary>
    public readonly double Judged => _memory[1];

    /// <summary>For each level, the share of values within its intervals; of no meaning before the first judged.
    /// </summary>
    public readonly ReadOnlySpan<double> Coverage => _memory[Head..];

    /// <summary>All of it, in its order.</summary>
    public readonly Span<double> All => _memory;

    /// <summary>Bytes for so many levels.</summary>
    public static int BytesOf(int levels) => (Head + levels) * sizeof(double);

    public readonly void Clear()
    {
        _memory.Clear();
        Score = double.NaN;
    }

    /// <summary>Takes what a tick said of the intervals made for it, all horizons and outputs alike.</summary>
    public readonly void Add(in Settled settled)
    {
        if (settled.Judged == 0)
            return;
        _memory[1]++;
        var weight = ErrorStatistics.WeightOf((long)_memory[1]);
        var levels = _memory[Head..];
        for (var level = 0; level < levels.Length; level++)
            levels[level] += weight * ((double)settled.Hits[level] / settled.Judged - levels[level]);
    }
}
