using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Recovery;

/// <summary>What is replayed of a journal, and how.</summary>
public sealed record ReplayPlan
{
    /// <summary>Number of the first record that counts; null: the oldest that can be replayed.</summary>
    public ulong? From { get; init; }

    /// <summary>Number of the last one.</summary>
    public ulong To { get; init; } = ulong.MaxValue;

    /// <summary>Most ticks stepped together; it matters to no bit.</summary>
    public int MaxTicks { get; init; } = 1024;

    /// <summary>The kernel to compare with; null: the recorded one alone.</summary>
    public string? Kernel { get; init; }

    /// <summary>Other engines to compare with, which stay their owner's; null: those recorded alone.</summary>
    public Engines? Engines { get; init; }
}

/// <summary>What a replay found.</summary>
public sealed record ReplayReport
{
    /// <summary>Numbers of the first and the last record that count; 0 where there was none.</summary>
    public ulong First { get; init; }

    public ulong Last { get; init; }

    public long Records { get; init; }

    /// <summary>Ticks of them, imputed ones not counted.</summary>
    public long Ticks { get; init; }

    /// <summary>Of all that was replayed, on the way to the first record too.</summary>
    public double Seconds { get; init; }

    /// <summary>Records replayed on the way to those that count.</summary>
    public long RecordsBefore { get; init; }

    /// <summary>Ticks of them.</summary>
    public long TicksBefore { get; init; }

    public double TicksPerSecond => (Ticks + TicksBefore) / Math.Max(Seconds, 1e-9);

    /// <summary>Streams there are at the end.</summary>
    public int Streams { get; init; }

    /// <summary>What the recorded models were stepped on, such as "cpu/vector256".</summary>
    public required string Engine { get; init; }

    /// <summary>SHA-256 over all predictions: by stream in the order of names, each one's in their order.</summary>
    public required string Predictions { get; init; }

    /// <summary>SHA-256 over the states of all streams at the end, in the order of their names.</summary>
    public required string States { get; init; }

    /// <summary>What should be known: records missing, snapshots that are damaged.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Why the recorded models can't be expected to give the recorded bits; empty where they can.</summary>
    public IReadOnlyList<string> Unlike { get; init; } = [];

    /// <summary>Records with ticks whose predictions came out with other bits.</summary>
    public long DifferentRecords { get; init; }

    /// <summary>Predictions that records hold, and those of them that came out with other bits.</summary>
    public long RecordedPredictions { get; init; }

    public long DifferentPredictions { get; init; }

    /// <summary>The first of the differences.</summary>
    public IReadOnlyList<ReplayDifference> Differences { get; init; } = [];

    /// <summary>How far the predictions are from the recorded ones.</summary>
    public Deviation FromRecorded { get; init; }

    /// <summary>The same ticks with other models or another kernel; null where none were asked for.</summary>
    public ReplayComparison? Comparison { get; init; }

    /// <summary>Every bit is as it was recorded, by the recorded models and kernel.</summary>
    public bool IsVerified => Unlike.Count == 0 && DifferentRecords == 0 && DifferentPredictions == 0;
}

/// <summary>Two replays of the same ticks.</summary>
/// <param name="Reasons">What is different between them.</param>
/// <param name="HasModels">Models are; where not, only the kernel is.</param>
/// <param name="Recorded">Errors of the recorded models.</param>
/// <param name="Other">Errors of the others.</param>
/// <param name="Between">How far the predictions of the others are from theirs.</param>
/// <param name="NotCompared">Predictions that have another layout than the recorded model's.</param>
/// <param name="Streams">Each stream, those first where the others are worst beside the recorded.</param>
public sealed record ReplayComparison(
    IReadOnlyList<string> Reasons, bool HasModels, MeanErrors Recorded, MeanErrors Other, Deviation Between,
    long NotCompared, IReadOnlyList<ComparedStream> Streams);

/// <summary>One stream of a comparison.</summary>
public sealed record ComparedStream(string Stream, MeanErrors Recorded, MeanErrors Other, Deviation Between)
{
    /// <summary>Error of the other model by that of the recorded one.</summary>
    public double Ratio => Other.AbsoluteError / Recorded.AbsoluteError;
}
