using System.Numerics;

namespace Realtime.Daemon.Frames;

/// <summary>
/// CRC-32C of the bits of a frame's predictions: a record carries it, so that a replay can tell whether it made the
/// same.
/// </summary>
public static class PredictionChecksum
{
    /// <summary>Over the ticks of a frame in their order: each one's numbers, its score where it has one, then its
    /// flags.</summary>
    /// <param name="world">Whose models made them.</param>
    /// <param name="work">The frame, stepped.</param>
    /// <param name="records">Keep the predictions themselves among the changes, too.</param>
    public static uint Of(World world, FrameWork work, bool records)
    {
        var checksum = uint.MaxValue;
        foreach (ref readonly var item in work.Items)
        {
            if (item.Kind != ItemKind.Tick)
                continue;
            var prediction = work.Prediction(in item, world.Host(item.Model).PredictionCount);
            checksum = Add(checksum, prediction, item.Score, (ulong)item.Flags);
            if (records)
                world.Changes.Prediction(in item, prediction);
        }

        return checksum;
    }

    /// <summary>Goes on from a checksum by one prediction.</summary>
    public static uint Add(uint checksum, ReadOnlySpan<double> prediction, double score, ulong flags)
    {
        foreach (var number in prediction)
            checksum = BitOperations.Crc32C(checksum, BitConverter.DoubleToUInt64Bits(number));
        if (!double.IsNaN(score))
            checksum = BitOperations.Crc32C(checksum, BitConverter.DoubleToUInt64Bits(score));
        return BitOperations.Crc32C(checksum, flags);
    }
}
