using Realtime.Bench.Suite.Accuracy;

namespace Realtime.Training.Tests.Evaluation;

/// <summary>The benchmark's scorer of anomalies, which lives with the benchmarks.</summary>
public sealed class NabScorerTests
{
    private const double Near = 1e-9;

    private static readonly NabProfile Standard = new("standard", 1, 0.11, 1);
    private static readonly NabProfile LowFalsePositives = new("reward_low_FP_rate", 1, 0.22, 1);
    private static readonly NabProfile LowFalseNegatives = new("reward_low_FN_rate", 1, 0.11, 2);

    [Fact]
    public void Sigmoid_IsThePublishedOne()
    {
        Assert.Equal(0.98661, NabScorer.Sigmoid(-1), 5);
        Assert.Equal(0.84828, NabScorer.Sigmoid(-0.5), 5);
        Assert.Equal(0, NabScorer.Sigmoid(0));
        Assert.Equal(-0.98661, NabScorer.Sigmoid(1), 5);
        Assert.Equal(-1, NabScorer.Sigmoid(3.01));
    }

    [Fact]
    public void NothingFound_Is0_AndEachFirstRowAndNothingElse_100()
    {
        (int, int)[] windows = [(40, 49), (70, 79)];
        foreach (var profile in new[] { Standard, LowFalsePositives, LowFalseNegatives })
        {
            Assert.Equal(0, NabScorer.Best([File(windows)], profile).Score);
            Assert.Equal(100, NabScorer.Best([File(windows, 40, 70)], profile).Score, Near);
        }
    }

    [Fact]
    public void At_OneWindow_IsAsComputedByHand()
    {
        (int, int)[] windows = [(40, 49)];
        // The fifth of ten rows: σ(−0.6)/σ(−1) = 0.917429.
        Assert.Equal(95.8714340214204, NabScorer.At(0.5, [File(windows, 44)], Standard), Near);
        // A later row of the same window adds nothing.
        Assert.Equal(95.8714340214204, NabScorer.At(0.5, [File(windows, 44, 47)], Standard), Near);
        // The third row behind a window of ten costs 0.11 σ(3/9), one before it 0.11.
        Assert.Equal(92.11899417511047, NabScorer.At(0.5, [File(windows, 44, 52)], Standard), Near);
        Assert.Equal(90.3714340214204, NabScorer.At(0.5, [File(windows, 20, 44)], Standard), Near);
        // One of two windows.
        Assert.Equal(50, NabScorer.At(0.5, [File([(40, 49), (70, 79)], 40)], Standard), Near);
    }

    [Fact]
    public void At_RowsOfProbation_CountForNothing()
    {
        // 15 rows of 100; the first window is all in them, of the second the last five rows are not.
        (int, int)[] windows = [(2, 6), (10, 19)];
        Assert.Equal(0, NabScorer.At(0.5, [File(windows, 1, 2, 12)], Standard));
        var late = NabScorer.Sigmoid(-0.5) / NabScorer.Sigmoid(-1);
        Assert.Equal(50 * (1 + late), NabScorer.At(0.5, [File(windows, 1, 12, 15)], Standard), Near);
    }

    [Fact]
    public void Best_OfManyFiles_IsWhatTheOriginalScorerGives()
    {
        var files = SomeFiles();
        // From NAB's own sweeper over the same scores: the best threshold, and the score at 0.9.
        Check(Standard, 58.10469463696836, -427.6931250886607);
        Check(LowFalsePositives, 16.896909759954017, -955.2769704997838);
        Check(LowFalseNegatives, 72.06979642464557, -251.79541672577383);

        void Check(NabProfile profile, double best, double at)
        {
            var (score, threshold) = NabScorer.Best(files, profile);
            Assert.Equal(0.991, threshold, 1e-8);
            Assert.Equal(best, score, 1e-8);
            Assert.Equal(at, NabScorer.At(0.9, files, profile), 1e-8);
        }
    }

    [Fact]
    public void Best_IsTheLargestOverAllThresholds()
    {
        var files = SomeFiles();
        var thresholds = files.SelectMany(static file => file.Scores).Distinct();
        var largest = thresholds.Max(threshold => NabScorer.At(threshold, files, Standard));
        Assert.Equal(largest, NabScorer.Best(files, Standard).Score, 1e-8);
    }

    private static NabFile File((int, int)[] windows, params int[] found)
    {
        var scores = new double[100];
        foreach (var row in found)
            scores[row] = 1;
        return new NabFile(scores, windows);
    }

    private static NabFile[] SomeFiles()
    {
        (int Rows, (int First, int Last)[] Windows)[] shapes =
        [
            (1000, [(200, 260), (500, 620)]), (400, [(30, 50), (100, 139)]), (6000, [(900, 1300), (5000, 5399)]),
            (300, []),
        ];
        return [.. shapes.Select((shape, f) =>
        {
            double[] scores = [.. Enumerable.Range(0, shape.Rows).Select(i =>
                ((long)i * i * 31 + i * 7919L + f * 13) % 1000 / 1000.0)];
            foreach (var (first, _) in shape.Windows)
                scores[first + 5] = 0.99 + first % 9 / 1000.0;
            return new NabFile(scores, shape.Windows);
        })];
    }
}
