using System.Globalization;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>What <c>telemetry.rawSamples</c> has left: the latency of each tick, in seconds.</summary>
internal static class RawSamples
{
    public static double[] Read(string file) =>
    [
        .. File.ReadLines(file).Where(static line => line[0] != '#').Select(static line => line.Split('\t'))
            .SelectMany(static cells => Enumerable.Repeat(
                long.Parse(cells[1], CultureInfo.InvariantCulture) * 1e-9,
                int.Parse(cells[2], CultureInfo.InvariantCulture)))
            .Order(),
    ];

    public static double Quantile(double[] sorted, double q) => sorted[(int)Math.Ceiling(q * sorted.Length) - 1];
}
