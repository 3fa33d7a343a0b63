using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>What a replay tells of each tick it has stepped.</summary>
/// <param name="record">Number of its record, as the replayer was told.</param>
/// <param name="item">The tick.</param>
/// <param name="prediction">[horizon][output][1 + quantiles], in the units of the values.</param>
public delegate void ReplayedTick(ulong record, in Item item, ReadOnlySpan<double> prediction);

/// <summary>A record whose predictions came out with other bits.</summary>
/// <param name="Number">Of the record.</param>
/// <param name="Recorded">Its checksum of the predictions.</param>
/// <param name="Replayed">That of the predictions made again.</param>
public readonly record struct DifferentRecord(ulong Number, uint Recorded, uint Replayed);

/// <summary>
/// Takes the world through recorded frames again. Clock, sequence numbers, imputed ticks and evictions come from the
/// records; how many ticks are stepped together does not matter to any bit.
/// </summary>
/// <param name="world">As it was before the first record; keeps no journal.</param>
/// <param name="maxTicks">Most steps taken together.</param>
/// <param name="stepped">Called for each tick, in the order of the records; may be null.</param>
public sealed class Replayer(World world, int maxTicks, ReplayedTick? stepped = null)
{
    private readonly FrameWork _work = new(maxTicks);

    // Records whose ticks are waiting for their step: where their items end, and the checksum they were written with.
    private readonly Queue<(int End, uint Checksum, ulong Number)> _open = new();
    private Stepper? _stepper;
    private ulong _number;
    private uint _checksum = uint.MaxValue;
    private bool _hasTicks;

    // Imputed ticks since the last tick; they stand right before the tick of their stream.
    private ulong _imputed;

    /// <summary>Ticks taken so far, imputed ones not counted.</summary>
    public long Ticks { get; private set; }

    public long Records { get; private set; }

    /// <summary>Records whose predictions came out with other bits than were recorded.</summary>
    public long Different { get; private set; }

    /// <summary>Ticks that were counted and not stepped, since their stream's model has other inputs now.</summary>
    public long Unfit { get; private set; }

    /// <summary>Descriptions of other models that were put in place while the daemon ran.</summary>
    public long Setups { get; private set; }

    /// <summary>Told of each of them.</summary>
    public Action<DifferentRecord>? Differs { get; init; }

    /// <summary>The last of them.</summary>
    public Setup? LastSetup { get; private set; }

    /// <summary>Told of each tick that was scored.</summary>
    public ScoredTick? Scored { get; init; }

    /// <summary>Applies one record; some of its steps may wait for <see cref="Complete"/>.</summary>
    /// <param name="record">The record.</param>
    /// <param name="number">Its number; for what is told of it.</param>
    /// <exception cref="InvalidDataException">The record does not fit the world; the message says where.</exception>
    public void Apply(in FrameRecord record, ulong number = 0)
    {
        _number = number;
        world.Now = record.Now;
        foreach (ref readonly var change in record.Changes)
        {
            Apply(in change, in record);
            if (_work.ItemCount >= maxTicks)
                Flush();
        }

        Records++;
        _open.Enqueue((_work.ItemCount, record.Checksum, number));
        if (_work.ItemCount == 0)
            CloseRecords(0);
    }

    /// <summary>Steps what is left.</summary>
    public void Complete() => Flush();

    private void Apply(in Change change, in FrameRecord record)
    {
        switch (change.Kind)
        {
            case ChangeKind.Tick:
                Tick(in change, record.Values.Slice(change.Data.Offset, change.Data.Length));
                break;
            case ChangeKind.Imputed:
            case ChangeKind.Reset:
                PassOver(in change);
                break;
            case ChangeKind.Prediction:
                break;
            default:
                Flush();
                if (change.Kind == ChangeKind.Setup)
                {
                    Setups++;
                    LastSetup = Setup.Read(change.Data.Of(record.Bytes));
                }

                WorldReplay.Apply(world, in change, change.Data.Of(record.Bytes));
                break;
        }
    }

    private void PassOver(in Change change)
    {
        RequireUsed(in change);
        var isReset = change.Kind == ChangeKind.Reset;
        var item = _work.Add(
            world, change.Row, isReset ? ItemKind.Reset : ItemKind.Imputed, PredictionFlags.None, default);
        if (!isReset)
            _work.Items[item].Seq += ++_imputed;
    }

    private void Tick(in Change change, ReadOnlySpan<double> values)
    {
        _imputed = 0;
        RequireUsed(in change);
        ref var stream = ref world.Streams[change.Row];
        var arrival = stream.Order.Judge(change.Seq, change.Run, acknowledged: false);
        if (arrival is not (Arrival.Next or Arrival.Gap or Arrival.Restart))
        {
            throw new InvalidDataException(
                $"row {change.Row}: a recorded tick with seq {change.Seq}, the stream is at {stream.Order.Last}");
        }

        if (!stream.Order.Started)
            world.Rehouse(change.Row, world.ModelFor(world.Streams.Name(change.Row), values.Length));
        var inputs = world.Models[stream.Model].Model.Inputs.Count;
        if (values.Length != inputs)
        {
            // Its model has other inputs now: it counts, so that it is not taken twice, and is not stepped.
            stream.Take(arrival, change.Seq, change.Run, change.Time, world.Now);
            Unfit++;
            return;
        }

        var flags = stream.Take(arrival, change.Seq, change.Run, change.Time, world.Now);
        var item = _work.Add(world, change.Row, ItemKind.Tick, flags, default);
        ref var added = ref _work.Items[item];
        (added.HasTime, added.IsRestart) = (change.Time != world.Now, arrival == Arrival.Restart);
        values.CopyTo(_work.Values(in added, inputs));
        Ticks++;
    }

    private void RequireUsed(in Change change)
    {
        if (!world.Streams.IsUsed(change.Row))
            throw new InvalidDataException($"row {change.Row}: {change.Kind} of a row that is not in use");
    }

    private void Flush()
    {
        if (_work.ItemCount == 0)
            return;
        _stepper ??= new Stepper(world, _work) { Scored = Scored };
        _stepper.Run();
        for (var i = 0; i < _work.ItemCount; i++)
        {
            CloseRecords(i);
            ref readonly var item = ref _work.Items[i];
            if (item.Kind != ItemKind.Tick)
                continue;
            var prediction = _work.Prediction(in item, world.Models[item.Model].Model.PredictionCount);
            _checksum = PredictionChecksum.Add(_checksum, prediction, item.Score, (ulong)item.Flags);
            _hasTicks = true;
            stepped?.Invoke(_open.TryPeek(out var record) ? record.Number : _number, in item, prediction);
        }

        CloseRecords(_work.ItemCount);
        _work.Clear();
        world.Frame++;
    }

    // A record that ends here has all its predictions.
    private void CloseRecords(int items)
    {
        while (_open.TryPeek(out var record) && record.End == items)
        {
            _open.Dequeue();
            if (_hasTicks && record.Checksum != _checksum)
            {
                Different++;
                Differs?.Invoke(new DifferentRecord(record.Number, record.Checksum, _checksum));
            }

            (_checksum, _hasTicks) = (uint.MaxValue, false);
        }
    }
}
