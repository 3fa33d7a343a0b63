namespace Realtime.Bench.Suite.Accuracy;

/// <summary>What a profile of the Numenta Anomaly Benchmark weighs.</summary>
/// <param name="Name">Of the profile.</param>
/// <param name="TruePositive">Weight of a window that is found.</param>
/// <param name="FalsePositive">Weight of a row outside of windows that is called anomalous.</param>
/// <param name="FalseNegative">Weight of a window that is missed.</param>
public sealed record NabProfile(string Name, double TruePositive, double FalsePositive, double FalseNegative);

/// <summary>A file's labelled windows and a detector's scores of its rows.</summary>
/// <param name="Scores">In [0, 1], one per row; the detector calls a row anomalous from a threshold on.</param>
/// <param name="Windows">First and last row of each, in order.</param>
public sealed record NabFile(IReadOnlyList<double> Scores, IReadOnlyList<(int First, int Last)> Windows);

/// <summary>
/// The score of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015), after the published rules: 0 is a detector that
/// says nothing, 100 one that finds each window at its first row and calls nothing else; less than 0 is possible.
/// </summary>
/// <remarks>
/// The first 15% of a file, at most 750 rows, are probation and count for nothing. A row in a window of w rows, i rows
/// behind its first, is worth σ(−(w − i)/w) / σ(−1), where σ(y) = 2/(1 + e^(5y)) − 1; a window's best found row counts,
/// and a window without one costs the weight of a false negative. A row outside, d rows behind the last row of the
/// window before it, of w rows, costs by σ(d/(w − 1)), which is −1 beyond 3 window lengths and where no window was
/// before. One threshold serves all files of a profile: the best.
/// </remarks>
public static class NabScorer
{
    private const double ProbationShare = 0.15;
    private const int ProbationRows = 750;
    private const double Far = 3;

    /// <summary>0 at the right edge of a window, 0.987 at the left, negative behind it, −1 far behind.</summary>
    public static double Sigmoid(double position) => position > Far ? -1 : 2 / (1 + Math.Exp(5 * position)) - 1;

    /// <summary>The best score of all thresholds, and the threshold.</summary>
    public static (double Score, double Threshold) Best(IEnumerable<NabFile> files, NabProfile profile)
    {
        var rows = new List<Row>();
        var windows = 0;
        foreach (var file in files)
            windows += AddRows(rows, file, profile, windows);
        if (windows == 0)
            throw new ArgumentException("found no window behind probation, expected at least one", nameof(files));
        rows.Sort(static (one, other) => other.Score.CompareTo(one.Score));
        // A missed window costs; its best row found replaces that.
        var found = new double[windows];
        Array.Fill(found, -profile.FalseNegative);
        var raw = -profile.FalseNegative * windows;
        var best = (Raw: raw, Threshold: double.PositiveInfinity);
        for (var i = 0; i < rows.Count; i++)
        {
            raw += Gain(rows[i], found);
            if ((i + 1 == rows.Count || rows[i + 1].Score < rows[i].Score) && raw > best.Raw)
                best = (raw, rows[i].Score);
        }

        return (Normalised(best.Raw, windows, profile), best.Threshold);
    }

    /// <summary>The score at a threshold.</summary>
    public static double At(double threshold, IEnumerable<NabFile> files, NabProfile profile)
    {
        var rows = new List<Row>();
        var windows = 0;
        foreach (var file in files)
            windows += AddRows(rows, file, profile, windows);
        var found = new double[windows];
        Array.Fill(found, -profile.FalseNegative);
        var raw = -profile.FalseNegative * windows;
        foreach (var row in rows.Where(row => row.Score >= threshold))
            raw += Gain(row, found);
        return Normalised(raw, windows, profile);
    }

    private static double Gain(Row row, double[] found)
    {
        if (row.Window < 0)
            return row.Worth;
        var gain = Math.Max(0, row.Worth - found[row.Window]);
        found[row.Window] += gain;
        return gain;
    }

    private static double Normalised(double raw, int windows, NabProfile profile)
    {
        var (nothing, perfect) = (-profile.FalseNegative * windows, profile.TruePositive * windows);
        return 100 * (raw - nothing) / (perfect - nothing);
    }

    // Returns how many of the file's windows have rows behind probation.
    private static int AddRows(List<Row> rows, NabFile file, NabProfile profile, int firstWindow)
    {
        var probation = Math.Min((int)Math.Floor(ProbationShare * file.Scores.Count), ProbationRows);
        var scored = 0;
        var window = -1;
        for (var row = 0; row < file.Scores.Count; row++)
        {
            if (window + 1 < file.Windows.Count && row >= file.Windows[window + 1].First)
            {
                window++;
                scored += file.Windows[window].Last >= probation ? 1 : 0;
            }

            if (row < probation)
                continue;
            var isInside = window >= 0 && row <= file.Windows[window].Last;
            rows.Add(isInside
                ? new Row(file.Scores[row], firstWindow + scored - 1, Inside(file.Windows[window], row, profile))
                : new Row(file.Scores[row], -1, Outside(window < 0 ? null : file.Windows[window], row, profile)));
        }

        return scored;
    }

    private static double Inside((int First, int Last) window, int row, NabProfile profile)
    {
        double length = window.Last - window.First + 1;
        return profile.TruePositive * Sigmoid(-(window.Last - row + 1) / length) / Sigmoid(-1);
    }

    private static double Outside((int First, int Last)? before, int row, NabProfile profile) =>
        profile.FalsePositive * (before is not { } window ? -1
            : Sigmoid((row - window.Last) / (double)Math.Max(1, window.Last - window.First)));

    private readonly record struct Row(double Score, int Window, double Worth);
}
