using Realtime.Daemon.Frames;
using Realtime.Protocol;

namespace Realtime.Daemon.Recovery;

/// <summary>Something that came out with other bits than were recorded.</summary>
/// <param name="Record">Number of the record.</param>
/// <param name="Stream">Null where only the record's checksum tells of it.</param>
/// <param name="Seq">Of the tick.</param>
/// <param name="What">What of it, such as which number.</param>
/// <param name="Recorded">What the record has.</param>
/// <param name="Replayed">What came out.</param>
public sealed record ReplayDifference(
    ulong Record, string? Stream, ulong? Seq, string What, string Recorded, string Replayed);

/// <summary>The predictions that records hold, waiting for those that a replay makes of the same ticks.</summary>
public sealed class RecordedPredictions
{
    private readonly Queue<Waiting> _waiting = new();
    private readonly List<Waiting> _left = [];
    private double[] _numbers = [];
    private int _end;

    /// <summary>Takes those of a record; before it is applied.</summary>
    public void Add(ulong number, in FrameRecord record)
    {
        foreach (ref readonly var change in record.Changes)
        {
            if (change.Kind != ChangeKind.Prediction)
                continue;
            if (_waiting.Count == 0)
                _end = 0;
            var numbers = record.Values.Slice(change.Data.Offset, change.Data.Length);
            if (_end + numbers.Length > _numbers.Length)
                Array.Resize(ref _numbers, Math.Max(_end + numbers.Length, 2 * _numbers.Length));
            numbers.CopyTo(_numbers.AsSpan(_end));
            _waiting.Enqueue(new Waiting(number, change.Seq, change.Flags, new Slice(_end, numbers.Length)));
            _end += numbers.Length;
        }
    }

    /// <summary>The prediction recorded for the next tick of a record; false where none was.</summary>
    public bool TryTake(ulong record, out RecordedPrediction prediction)
    {
        prediction = default;
        while (_waiting.TryPeek(out var passed) && passed.Record < record)
            _left.Add(_waiting.Dequeue());
        if (!_waiting.TryPeek(out var next) || next.Record != record)
            return false;
        _waiting.Dequeue();
        prediction = new RecordedPrediction(
            next.Seq, next.Flags, _numbers.AsSpan(next.Numbers.Offset, next.Numbers.Length));
        return true;
    }

    /// <summary>The records of predictions for which no tick came, up to the last; they are dropped.</summary>
    public IReadOnlyList<(ulong Record, ulong Seq)> TakeLeft()
    {
        (ulong, ulong)[] left = [.. _left.Concat(_waiting).Select(static one => (one.Record, one.Seq))];
        _left.Clear();
        _waiting.Clear();
        return left;
    }

    private readonly record struct Waiting(ulong Record, ulong Seq, PredictionFlags Flags, Slice Numbers);
}

/// <summary>A prediction as it was recorded.</summary>
public readonly ref struct RecordedPrediction(ulong seq, PredictionFlags flags, ReadOnlySpan<double> numbers)
{
    public ReadOnlySpan<double> Numbers { get; } = numbers;

    /// <summary>The first thing of it that a tick's prediction does not repeat to the bit; null where none.</summary>
    public (string What, string Recorded, string Replayed)? Unlike(in Item item, ReadOnlySpan<double> replayed)
    {
        if (item.Seq != seq)
            return ("seq", Text(seq), Text(item.Seq));
        if (item.Flags != flags)
            return ("flags", $"{flags}", $"{item.Flags}");
        if (Numbers.Length != replayed.Length)
            return ("count of numbers", Text((ulong)Numbers.Length), Text((ulong)replayed.Length));
        for (var i = 0; i < replayed.Length; i++)
        {
            if (BitConverter.DoubleToUInt64Bits(Numbers[i]) != BitConverter.DoubleToUInt64Bits(replayed[i]))
                return ($"number {i}", Text(Numbers[i]), Text(replayed[i]));
        }

        return null;
    }

    private static string Text(ulong number) => FormattableString.Invariant($"{number}");

    // All digits, and the bits, which tell what digits can't of a NaN.
    private static string Text(double number) => double.IsNaN(number)
        ? FormattableString.Invariant($"NaN ({BitConverter.DoubleToUInt64Bits(number):x16})")
        : FormattableString.Invariant($"{number:R}");
}
