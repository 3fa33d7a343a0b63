using System.Globalization;
using Realtime.Bench.Suite.Kernels;
using Realtime.Cells;
using Realtime.Daemon.Bench;
using Realtime.Training.Learning;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Bench.Suite.Training;

/// <summary>
/// An epoch of training a GRU(32) beside PyTorch: same weights at the start, same windows, batches, loss, clipping and
/// optimiser, one thread each, losses compared after every epoch; rounds of the two in turn.
/// </summary>
internal static class TrainingComparison
{
    private const string Claim = "train-gru32-wth-torch";
    private const int Hidden = 32;
    private const double Rate = 3e-3, Clip = 1;

    // Of mean losses: both sides round differently at every step of the optimiser.
    private const double Tolerance = 0.01;

    public static void Run(BenchContext context)
    {
        context.Results.Attempt(Claim);
        var rows = TrainingRows.Find();
        Console.WriteLine();
        Console.WriteLine($"# An epoch of training a GRU({Hidden}), one thread, {rows.Name}");
        using var torch = PeerProcess.TryStart("PyTorch", "/usr/bin/python3", context.PathOf("torch_train.py"));
        var batches = rows.Batches();
        var layers = MakeLayers();
        using var learner = new Learner(
            layers, new SquaredLoss(), new(TrainingRows.BatchRows, TrainingRows.Window));
        var adam = new Adam();
        if (torch is not null)
            Load(context, torch, layers, batches);
        List<double> ours = [], torches = [];
        for (var round = 0; round <= context.Rounds; round++)
        {
            var (time, loss) = Epoch(learner, adam, batches);
            var (otherTime, otherLoss) = torch?.Epoch() ?? (time, loss);
            if (Math.Abs(loss - otherLoss) > Tolerance * otherLoss)
                throw new InvalidOperationException($"epoch {round}: found losses of {loss} and {otherLoss}");
            // The first warms up.
            if (round == 0)
                continue;
            ours.Add(time);
            if (torch is not null)
                torches.Add(otherTime);
        }

        Report(context, torch, ours, torches);
    }

    private static List<Layer> MakeLayers()
    {
        var make = new Initialiser(1);
        return
        [
            make.Gru("rnn0", TrainingRows.Columns, Hidden), make.Dense("head", Hidden, TrainingRows.Columns),
        ];
    }

    private static void Load(
        BenchContext context, PeerProcess torch, IReadOnlyList<Layer> layers, IReadOnlyList<Batch> batches)
    {
        var weights = context.PathOf("train-weights.bin");
        CellWeights.Write(weights,
            [.. layers.SelectMany(static layer => layer.Tensors).SelectMany(static one => one.Values.ToArray())]);
        var windows = context.PathOf("train-windows.bin");
        CellWeights.Write(
            windows, [.. batches.SelectMany(static batch => batch.Inputs.Concat(batch.Targets))]);
        torch.Ask(string.Create(CultureInfo.InvariantCulture, $"load {weights} {windows} {TrainingRows.Columns} ")
            + string.Create(CultureInfo.InvariantCulture, $"{Hidden} {TrainingRows.Columns} {TrainingRows.Window} ")
            + string.Create(CultureInfo.InvariantCulture, $"{TrainingRows.BatchRows} {Rate}"));
        File.Delete(weights);
        File.Delete(windows);
    }

    private static (double Nanoseconds, double Loss) Epoch(
        Learner learner, Adam adam, IReadOnlyList<Batch> batches)
    {
        var start = ThreadClock.Nanoseconds;
        var total = 0.0;
        foreach (var batch in batches)
        {
            total += learner.Gradient(batch).Mean;
            learner.ClipGradient(Clip);
            learner.Step(adam, Rate);
        }

        return (ThreadClock.Nanoseconds - start, total / batches.Count);
    }

    private static (double Nanoseconds, double Loss) Epoch(this PeerProcess torch)
    {
        var words = torch.Ask("epoch").Split(' ');
        return (double.Parse(words[0], CultureInfo.InvariantCulture),
            double.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private static void Report(BenchContext context, PeerProcess? torch, List<double> ours, List<double> torches)
    {
        context.Results.Keep("training", "gru-32 ours, ns per epoch", ours);
        var line = string.Create(CultureInfo.InvariantCulture, $"ours {Spread.Of(ours).Median / 1e6:F1} ms");
        if (torch is not null)
        {
            context.Results.Keep("training", "gru-32 PyTorch, ns per epoch", torches);
            var ratio = Spread.OfRatios(ours, torches);
            context.Results.Add(Claim, ratio);
            line += string.Create(CultureInfo.InvariantCulture,
                $", {torch.Version} {Spread.Of(torches).Median / 1e6:F1} ms, ours over it {ratio.Median:F3}");
        }

        Console.WriteLine(line);
    }
}
