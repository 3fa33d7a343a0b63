namespace Realtime.Bench.Suite;

/// <summary>A claim that the suite measures.</summary>
/// <param name="Unit">What its value counts.</param>
/// <param name="HigherIsBetter">False: lower is.</param>
/// <param name="Pass">What it has to reach.</param>
/// <param name="Aim">What is aimed at.</param>
internal sealed record Claim(string Unit, bool HigherIsBetter, double Pass, double Aim);

internal static class Claims
{
    public static IReadOnlyDictionary<string, Claim> All { get; } = new Dictionary<string, Claim>
    {
        ["gru-32-b1-ort"] = Ratio(38, 60),
        ["gru-64-b1-ort"] = Ratio(10, 18),
        ["gru-128-b1-ort"] = Ratio(3, 4.5),
        ["lstm-32-b1-ort"] = Ratio(24, 40),
        ["lstm-64-b1-ort"] = Ratio(6.5, 10),
        ["lstm-128-b1-ort"] = Ratio(2, 3.5),
        ["gru-32-b1024-ort"] = Ratio(4.5, 6),
        ["gru-64-b1024-ort"] = Ratio(2.8, 4),
        ["gru-128-b1024-ort"] = Ratio(2.1, 3),
        ["lstm-32-b1024-ort"] = Ratio(2.3, 4),
        ["lstm-64-b1024-ort"] = Ratio(1.5, 2.5),
        ["lstm-128-b1024-ort"] = Ratio(1.35, 2),
        ["gru-32-b1-torch"] = Ratio(100, 250),
        ["gru-32-b1024-torch"] = Ratio(4, 6),
        ["gru-32-b1024-floor"] = Overhead(1.4, 1.1),
        ["train-gru32-wth-torch"] = Overhead(1, 0.5),
        ["roundtrip-p50-echo"] = Overhead(1.25, 1.05),
        ["roundtrip-p99-echo"] = Overhead(2.5, 1.5),
        ["saturated-single-forwarder"] = Ratio(0.7, 0.9),
        ["saturated-batch64"] = new("M ticks/s", true, 2, 5),
        ["allocated-per-warm-frame"] = new("bytes", false, 0, 0),
        ["step-1m-over-1k"] = Overhead(2, 1.2),
        ["telemetry-cost"] = Overhead(1.05, 1.02),
        ["durability-os-none"] = Overhead(1.25, 1.1),
        ["fsync-256-in-flight"] = new("M ticks/s", true, 0.1, 0.2),
        ["snapshot-pause-100k"] = new("ms", false, 2, 1),
        ["snapshot-write-100k"] = new("s", false, 2, 1),
        ["snapshot-load-100k"] = new("s", false, 1, 0.5),
        ["wth-h1-mse"] = new("MSE", false, 0.150, 0.147),
        ["ett-h1-over-rls"] = Overhead(1, 0.97),
        ["nab-h1-better"] = new("% series", true, 92, 100),
        ["nab-h1-median"] = Overhead(0.75, 0.70),
        ["nab-h1-worst"] = Overhead(1.05, 1),
        ["nab-h1-over-rls"] = Overhead(1, 0.95),
        ["nab-h8-better"] = new("% series", true, 95, 100),
        ["nab-h8-median"] = Overhead(0.68, 0.63),
        ["nab-standard"] = new("score", true, 55, 62),
        ["random-walk-normal"] = Overhead(1.005, 1.002),
        ["random-walk-t3"] = Overhead(1.005, 1.002),
        ["airline-mae"] = new("MAE", false, 39.4, 32.8),
        ["coverage-off"] = new("points", false, 2, 1),
        ["default-step"] = new("ns", false, 4000, 2000),
        ["default-bytes"] = new("bytes", false, 16_384, 8192),
        ["recovery-rate"] = new("M ticks/s", true, 1, 2),
    };

    private static Claim Ratio(double pass, double aim) => new("ratio", true, pass, aim);

    private static Claim Overhead(double pass, double aim) => new("ratio", false, pass, aim);
}
