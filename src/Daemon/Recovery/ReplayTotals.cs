using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Recovery;

/// <summary>What a replay has found so far, over all the worlds it goes through.</summary>
public sealed class ReplayTotals : IDisposable
{
    // More of the same tell nothing new.
    private const int DifferencesKept = 20;

    private readonly List<string> _notices = [];
    private readonly List<string> _unlike = [];
    private readonly List<string> _reasons = [];
    private readonly List<ReplayDifference> _differences = [];
    private bool _hasComparison;
    private bool _hasModels;
    private long _differentRecords;
    private long _recordedPredictions;
    private long _differentPredictions;
    private Deviation _fromRecorded;

    /// <summary>What is replayed now counts; before, it only leads to what does.</summary>
    public bool IsCounting { get; set; }

    public StreamTallies Tallies { get; } = new();

    public RecordedPredictions Waiting { get; } = new();

    /// <summary>Predictions of another layout than the recorded model's.</summary>
    public long NotCompared { get; set; }

    public void Notice(string text) => AddOnce(_notices, [text]);

    /// <summary>Why the bits can't be expected to be the recorded ones.</summary>
    public void SetUnlike(IReadOnlyList<string> reasons) => AddOnce(_unlike, reasons);

    /// <summary>What is different between the two worlds.</summary>
    public void SetComparison(IReadOnlyList<string> reasons, bool hasModels)
    {
        _hasComparison = true;
        _hasModels |= hasModels;
        AddOnce(_reasons, reasons);
    }

    /// <summary>Holds a prediction against the recorded one, where there is one.</summary>
    public void Compare(ulong record, StreamTally tally, in Item item, ReadOnlySpan<double> prediction)
    {
        if (!Waiting.TryTake(record, out var recorded))
            return;
        _recordedPredictions++;
        if (recorded.Numbers.Length == prediction.Length)
            _fromRecorded.Add(prediction, recorded.Numbers);
        if (recorded.Unlike(in item, prediction) is not { } unlike)
            return;
        _differentPredictions++;
        Keep(new ReplayDifference(
            record, Encoding.UTF8.GetString(tally.Name), item.Seq, unlike.What, unlike.Recorded, unlike.Replayed));
    }

    public void Differ(DifferentRecord different)
    {
        _differentRecords++;
        if (_differences.Any(one => one.Record == different.Number))
            return;
        Keep(new ReplayDifference(
            different.Number, null, null, "checksum of its predictions", $"{different.Recorded:x8}",
            $"{different.Replayed:x8}"));
    }

    /// <summary>No tick is left to come for the recorded predictions that still wait for one.</summary>
    public void CloseWaiting()
    {
        foreach (var (record, seq) in Waiting.TakeLeft())
        {
            _recordedPredictions++;
            _differentPredictions++;
            Keep(new ReplayDifference(record, null, seq, "prediction", "one without a tick", "none"));
        }
    }

    /// <summary>Fills in what was counted here.</summary>
    public ReplayReport Complete(ReplayReport report) => report with
    {
        Predictions = Tallies.Digest(),
        Notices = [.. _notices],
        Unlike = [.. _unlike],
        DifferentRecords = _differentRecords,
        RecordedPredictions = _recordedPredictions,
        DifferentPredictions = _differentPredictions,
        Differences = [.. _differences],
        FromRecorded = _fromRecorded,
        Comparison = _hasComparison ? Comparison() : null,
    };

    public void Dispose() => Tallies.Dispose();

    private static void AddOnce(List<string> list, IReadOnlyList<string> texts) =>
        list.AddRange(texts.Where(text => !list.Contains(text)));

    private void Keep(ReplayDifference difference)
    {
        if (_differences.Count < DifferencesKept)
            _differences.Add(difference);
    }

    private ReplayComparison Comparison()
    {
        MeanErrors recorded = default, other = default;
        Deviation between = default;
        var streams = new List<ComparedStream>();
        foreach (var tally in Tallies.All)
        {
            recorded.Add(in tally.Recorded);
            other.Add(in tally.Other);
            between.Add(in tally.Between);
            streams.Add(new ComparedStream(
                Encoding.UTF8.GetString(tally.Name), tally.Recorded, tally.Other, tally.Between));
        }

        // Streams that were never scored come last.
        ComparedStream[] worstFirst =
            [.. streams.OrderByDescending(static one => double.IsNaN(one.Ratio) ? double.MinValue : one.Ratio)];
        return new ReplayComparison(
            [.. _reasons], _hasModels, recorded, other, between, NotCompared, worstFirst);
    }
}
