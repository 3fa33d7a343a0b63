using System.Globalization;
using System.Text;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Backtesting;

/// <summary>
/// The numbers of a published prediction, decoded as any subscriber does; one object takes one after the other.
/// </summary>
internal sealed class PublishedPrediction
{
    private readonly int _horizons;
    private readonly int _outputs;
    private readonly int _stride;
    private readonly byte[][] _levels;

    public PublishedPrediction(int horizons, int outputs, IReadOnlyList<double> quantiles)
    {
        (_horizons, _outputs, _stride) = (horizons, outputs, 1 + quantiles.Count);
        _levels = [.. quantiles.Select(static level =>
            Encoding.UTF8.GetBytes(level.ToString("R", CultureInfo.InvariantCulture)))];
        Numbers = new double[horizons * outputs * _stride];
    }

    public ulong Seq { get; private set; }

    /// <summary>[horizon][output][1 + quantiles], the mean first.</summary>
    public double[] Numbers { get; }

    /// <summary>The anomaly score of the tick; NaN where there is none.</summary>
    public double Score { get; private set; }

    public PredictionFlags Flags { get; private set; }

    /// <summary>Takes a payload; false where it is no prediction of that layout.</summary>
    public bool TryRead(ReadOnlySpan<byte> payload)
    {
        Array.Fill(Numbers, double.NaN);
        (Score, Flags) = (double.NaN, PredictionFlags.None);
        var reader = new MessagePackReader(payload);
        if (!reader.TryReadMapHeader(out var entries))
            return false;
        var hasMean = false;
        for (; entries > 0; entries--)
        {
            if (!reader.TryReadString(out var key) || !TryReadEntry(ref reader, key))
                return false;
            hasMean |= key.SequenceEqual("mean"u8);
        }

        return hasMean;
    }

    private bool TryReadEntry(ref MessagePackReader reader, ReadOnlySpan<byte> key)
    {
        if (key.SequenceEqual("mean"u8))
            return TryReadColumn(ref reader, 0);
        if (key.SequenceEqual("quantiles"u8))
            return TryReadQuantiles(ref reader);
        if (key.SequenceEqual("flags"u8))
            return TryReadFlags(ref reader);
        if (key.SequenceEqual("seq"u8))
        {
            var isSeq = reader.TryReadUInt64(out var seq);
            Seq = seq;
            return isSeq;
        }

        if (!key.SequenceEqual("score"u8))
            return reader.TrySkip();
        var isNumber = reader.TryReadDouble(out var score);
        Score = score;
        return isNumber;
    }

    private bool TryReadQuantiles(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count) || count != _levels.Length)
            return false;
        for (; count > 0; count--)
        {
            if (!reader.TryReadString(out var level) || LevelOf(level) is not (>= 0 and var column)
                || !TryReadColumn(ref reader, 1 + column))
                return false;
        }

        return true;
    }

    private int LevelOf(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < _levels.Length; i++)
        {
            if (text.SequenceEqual(_levels[i]))
                return i;
        }

        return -1;
    }

    private bool TryReadColumn(ref MessagePackReader reader, int column)
    {
        if (!reader.TryReadArrayHeader(out var horizons) || horizons != _horizons)
            return false;
        for (var h = 0; h < horizons; h++)
        {
            if (!reader.TryReadArrayHeader(out var outputs) || outputs != _outputs)
                return false;
            for (var o = 0; o < outputs; o++)
            {
                if (!reader.TryReadDouble(out Numbers[(h * _outputs + o) * _stride + column]))
                    return false;
            }
        }

        return true;
    }

    private bool TryReadFlags(ref MessagePackReader reader)
    {
        if (!reader.TryReadArrayHeader(out var count))
            return false;
        for (; count > 0; count--)
        {
            if (!reader.TryReadString(out var name))
                return false;
            Flags |= name.SequenceEqual("warming"u8) ? PredictionFlags.Warming
                : name.SequenceEqual("imputed"u8) ? PredictionFlags.Imputed
                : name.SequenceEqual("late"u8) ? PredictionFlags.Late
                : name.SequenceEqual("frozen"u8) ? PredictionFlags.Frozen
                : name.SequenceEqual("fallback"u8) ? PredictionFlags.Fallback
                : PredictionFlags.None;
        }

        return true;
    }
}
