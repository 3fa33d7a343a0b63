using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>
/// The world as it was recorded and, where another model or kernel is asked for, a second one beside it that takes the
/// same ticks; as long as what they were recorded with stays the same.
/// </summary>
public sealed class ReplayedWorlds : IDisposable
{
    private readonly ReplayTotals _totals;
    private readonly World _world;
    private readonly World? _other;
    private readonly Replayer _replayer;
    private readonly Replayer? _otherReplayer;
    private readonly RowTallies _tallies;
    private readonly RowTallies? _otherTallies;
    private readonly bool[] _isComparable = [];
    private readonly Queue<double[]> _predictions = new();
    private readonly Stack<double[]> _free = new();

    /// <param name="models">Makes the worlds.</param>
    /// <param name="setup">What was recorded.</param>
    /// <param name="plan">What is asked for.</param>
    /// <param name="totals">Gets what comes out.</param>
    /// <exception cref="StartException">A model is not at hand.</exception>
    public ReplayedWorlds(RecordedModels models, Setup setup, ReplayPlan plan, ReplayTotals totals)
    {
        (Setup, _totals) = (setup, totals);
        var asked = plan.Kernel is null ? null : Kernels.Resolve(plan.Kernel);
        var kernel = Kernels.Available.Contains(setup.Kernel) ? setup.Kernel : asked ?? Kernels.Resolve(Kernels.Auto);
        _world = models.Make(setup, kernel);
        var now = Setup.Of(_world.Models, DaemonHost.Version);
        Engine = $"{now.Engine}/{now.Kernel}";
        totals.SetUnlike(setup.Differences(now));
        _tallies = new RowTallies(totals.Tallies, _world.Streams);
        _replayer = new Replayer(_world, plan.MaxTicks, Take)
        {
            Differs = Differ,
            Scored = Score,
        };
        _world.Events.IsMuted = true;
        var isElsewhere = plan.Engines is { } engines && !engines.Are(now.Engine, now.Kernel);
        _other = models.MakeOther(setup, asked ?? kernel, isElsewhere ? plan.Engines : null,
            needed: isElsewhere || asked is not null && asked != now.Kernel);
        if (_other is null)
            return;
        totals.SetComparison(
            now.Differences(Setup.Of(_other.Models, DaemonHost.Version)),
            _world.Models.Zip(_other.Models).Any(static pair => pair.First.Model.Digest != pair.Second.Model.Digest));
        _isComparable =
            [.. _world.Models.Zip(_other.Models).Select(static pair => HaveOneLayout(pair.First, pair.Second))];
        _otherTallies = new RowTallies(totals.Tallies, _other.Streams);
        _otherReplayer = new Replayer(_other, plan.MaxTicks, TakeOther) { Scored = ScoreOther };
        _other.Events.IsMuted = true;
    }

    public Setup Setup { get; }

    public string Engine { get; }

    public World World => _world;

    /// <summary>Ticks taken so far.</summary>
    public long Ticks => _replayer.Ticks;

    /// <summary>Times that other models took over in the records taken so far.</summary>
    public long Setups => _replayer.Setups;

    /// <summary>Begins from a snapshot.</summary>
    public void Load(SnapshotBases bases, StateFile file)
    {
        var loaded = bases.Load(file, _world, out _);
        foreach (var (model, reason) in loaded.Reasons)
            _totals.Notice($"snapshot up to record {file.Number}: streams of model {model} start anew: {reason}");
        if (_other is null)
            return;
        loaded = bases.Load(file, _other, out _);
        foreach (var (model, reason) in loaded.Reasons)
            _totals.Notice($"the streams of model {model} start anew with the other one: {reason}");
    }

    public void Apply(JournalReader reader)
    {
        if (_totals.IsCounting)
            _totals.Waiting.Add(reader.Number, reader.Record);
        reader.ApplyTo(_replayer);
        if (_otherReplayer is not null)
            reader.ApplyTo(_otherReplayer);
    }

    /// <summary>Steps what is left.</summary>
    public void Complete()
    {
        _replayer.Complete();
        _otherReplayer?.Complete();
        _totals.CloseWaiting();
    }

    public void Dispose()
    {
        _world.Dispose();
        _other?.Dispose();
    }

    private static bool HaveOneLayout(ModelHost one, ModelHost other)
    {
        var (a, b) = (one.Model.Forecast, other.Model.Forecast);
        return a.Horizons.SequenceEqual(b.Horizons) && a.Outputs.SequenceEqual(b.Outputs)
            && one.Model.PublishedQuantiles.SequenceEqual(other.Model.PublishedQuantiles)
            && (a.Classes ?? []).SequenceEqual(b.Classes ?? []);
    }

    private void Take(ulong record, in Item item, ReadOnlySpan<double> prediction)
    {
        if (!_totals.IsCounting)
            return;
        var tally = _tallies[item.Row];
        tally.Add(in item, prediction);
        _totals.Compare(record, tally, in item, prediction);
        if (_other is null)
            return;
        // Kept until the other world has taken the same records.
        var kept = _free.TryPop(out var used) && used.Length == prediction.Length ? used
            : new double[prediction.Length];
        prediction.CopyTo(kept);
        _predictions.Enqueue(kept);
    }

    private void TakeOther(ulong record, in Item item, ReadOnlySpan<double> prediction)
    {
        if (!_totals.IsCounting)
            return;
        var recorded = _predictions.Dequeue();
        if (_isComparable[item.Model])
            _otherTallies![item.Row].Between.Add(prediction, recorded);
        else
            _totals.NotCompared++;
        _free.Push(recorded);
    }

    private void Differ(DifferentRecord different)
    {
        if (_totals.IsCounting)
            _totals.Differ(different);
    }

    private void Score(int row, double error, double persistence)
    {
        if (_totals.IsCounting)
            _tallies[row].Recorded.Add(error, persistence);
    }

    private void ScoreOther(int row, double error, double persistence)
    {
        if (_totals.IsCounting)
            _otherTallies![row].Other.Add(error, persistence);
    }
}
