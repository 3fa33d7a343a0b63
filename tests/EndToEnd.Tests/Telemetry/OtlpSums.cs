namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>Adds histograms that were sent one after the other, as a receiver of deltas has to.</summary>
internal static class OtlpSums
{
    public static OtlpPoint Add(OtlpPoint one, OtlpPoint other)
    {
        var scale = Math.Min(one.Scale, other.Scale);
        var counts = new SortedDictionary<int, ulong>();
        foreach (var point in new[] { one, other })
        {
            for (var i = 0; i < point.Buckets.Length; i++)
            {
                var index = (point.Offset + i) >> (point.Scale - scale);
                counts[index] = counts.GetValueOrDefault(index) + point.Buckets[i];
            }
        }

        var (first, last) = counts.Count == 0 ? (0, -1) : (counts.Keys.First(), counts.Keys.Last());
        return other with
        {
            Count = one.Count + other.Count,
            Sum = one.Sum + other.Sum,
            ZeroCount = one.ZeroCount + other.ZeroCount,
            Scale = scale,
            Offset = first,
            Buckets = [.. Enumerable.Range(first, last - first + 1).Select(i => counts.GetValueOrDefault(i))],
        };
    }
}
