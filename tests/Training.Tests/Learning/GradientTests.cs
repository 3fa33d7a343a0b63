using Realtime.Cells;
using Realtime.Training.Learning;
using Realtime.Training.Learning.Losses;

namespace Realtime.Training.Tests.Learning;

/// <summary>Back-propagation through time against finite differences in double.</summary>
public sealed class GradientTests
{
    // More than one share, the last not a multiple of four rows.
    private const int Rows = Learner.RowsPerShare + 5;
    private const int Steps = 5;

    [Theory]
    [InlineData("rnn-tanh", 3, 5)]
    [InlineData("rnn-relu", 2, 18)]
    [InlineData("gru", 1, 7)]
    [InlineData("gru", 17, 16)]
    [InlineData("gru-reset-before", 2, 6)]
    [InlineData("gru-reset-before", 2, 17)]
    [InlineData("lstm", 3, 6)]
    [InlineData("lstm", 1, 19)]
    public void OfACell_IsThatOfFiniteDifferences(string cell, int inputs, int hidden)
    {
        var make = new Initialiser(7);
        Check([Cell(make, cell, "cell", inputs, hidden), make.Dense("head", hidden, 3)], new SquaredLoss(),
            (y, t) => (y[0] - t) * (y[0] - t));
    }

    [Theory]
    [InlineData("rnn-tanh", "gru")]
    [InlineData("lstm", "gru-reset-before")]
    public void OfAStack_IsThatOfFiniteDifferences(string lower, string upper)
    {
        var make = new Initialiser(8);
        Check([Cell(make, lower, "a", 2, 6), make.Dense("b", 6, 5, Activation.Sigmoid), Cell(make, upper, "c", 5, 4),
            make.Dense("d", 4, 17, Activation.Relu), make.Dense("head", 17, 2, Activation.Tanh)],
            new SquaredLoss(), (y, t) => (y[0] - t) * (y[0] - t));
    }

    [Fact]
    public void OfAnEmbedding_IsThatOfFiniteDifferences()
    {
        var make = new Initialiser(9);
        Layer[] layers = [make.Embedding("table", 5, 3), make.Gru("cell", 3, 4), make.Dense("head", 4, 2)];
        Check(layers, new SquaredLoss(), (y, t) => (y[0] - t) * (y[0] - t), tokens: 5);
    }

    [Fact]
    public void OfASoftmaxHeadUnderSquares_IsThatOfFiniteDifferences()
    {
        var make = new Initialiser(10);
        Check([make.Gru("cell", 1, 4), make.Dense("head", 4, 3, Activation.Softmax)], new SquaredLoss(),
            (y, t) => (y[0] - t) * (y[0] - t));
    }

    [Fact]
    public void OfTheAbsoluteLoss_IsThatOfFiniteDifferences() =>
        CheckLoss(new AbsoluteLoss(), (y, t) => Math.Abs(y[0] - t), outputs: 3);

    [Fact]
    public void OfTheHuberLoss_IsThatOfFiniteDifferences() => CheckLoss(
        new HuberLoss(0.5),
        (y, t) => Math.Abs(y[0] - t) is var e && e <= 0.5 ? e * e / 2 : 0.5 * (e - 0.25), outputs: 3);

    [Fact]
    public void OfThePinballLoss_IsThatOfFiniteDifferences() => CheckLoss(
        new PinballLoss([0.1, 0.9], new SquaredLoss()),
        (y, t) => (y[0] - t) * (y[0] - t) + Math.Max(0.1 * (t - y[1]), 0.9 * (y[1] - t))
            + Math.Max(0.9 * (t - y[2]), 0.1 * (y[2] - t)),
        outputs: 6);

    [Fact]
    public void OfTheGaussianLoss_IsThatOfFiniteDifferences() => CheckLoss(
        new GaussianLoss(), (y, t) => (y[1] + (y[0] - t) * (y[0] - t) / Math.Exp(y[1])) / 2, outputs: 4);

    [Fact]
    public void OfTheBinaryCrossEntropy_IsThatOfFiniteDifferences() => CheckLoss(
        new BinaryCrossEntropy(),
        (y, t) => 1 / (1 + Math.Exp(-y[0])) is var p ? -t * Math.Log(p) - (1 - t) * Math.Log(1 - p) : 0,
        outputs: 2, labels: 2, head: Activation.Sigmoid);

    [Fact]
    public void OfTheCategoricalCrossEntropy_IsThatOfFiniteDifferences() => CheckLoss(
        new CategoricalCrossEntropy(), (y, t) => Math.Log(y.Sum(Math.Exp)) - y[(int)t],
        outputs: 4, labels: 4, head: Activation.Softmax);

    [Theory]
    [InlineData("rnn-tanh", 0.5, 0)]
    [InlineData("rnn-tanh", 0, 0.4)]
    [InlineData("gru", 0, 0.4)]
    [InlineData("gru-reset-before", 0, 0.4)]
    [InlineData("lstm", 0.3, 0.4)]
    public void UnderDropout_IsTheSlopeOfTheLossWithTheSameMasks(string cell, double dropout, double recurrent)
    {
        var make = new Initialiser(11);
        Layer[] layers = [make.Dense("in", 2, 9), new DropoutLayer("drop", 9, dropout),
            Cell(make, cell, "cell", 9, 6), make.Dense("head", 6, 2)];
        var batch = BatchOf(layers, new SquaredLoss(), 0, 0);
        LearnerOptions options = new(Rows, Steps, RecurrentDropout: recurrent, Seed: 3);
        using var learner = new Learner(layers, new SquaredLoss(), options);
        var loss = learner.Gradient(batch).Mean;
        // That something is dropped at all.
        Assert.NotEqual(loss, learner.Evaluate(batch).Mean, 1e-5);
        foreach (var tensor in layers.SelectMany(layer => layer.Tensors).Select(tensor => tensor.Name))
        {
            // Along its own gradient a tensor's slope is the gradient's norm.
            var gradient = learner.GradientOf(tensor);
            var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
            double Along(double step)
            {
                using var moved = new Learner(Moved(layers, tensor, gradient, step / norm), new SquaredLoss(), options);
                return moved.Gradient(batch).Mean;
            }
            var slope = (Along(5e-3) - Along(-5e-3)) / 1e-2;
            Assert.Equal(norm, slope, 2e-3 * norm + 1e-5);
        }
    }

    [Fact]
    public void OfACarriedState_IsThatOfTheSecondWindowAlone()
    {
        var make = new Initialiser(12);
        Layer[] layers = [make.Lstm("cell", 2, 5), make.Gru("more", 5, 4), make.Dense("head", 4, 2)];
        Batch first = BatchOf(layers, new SquaredLoss(), 0, 1), second = BatchOf(layers, new SquaredLoss(), 0, 2);
        var whole = new Batch(Rows, 2 * Steps, 2, 2);
        first.Inputs.CopyTo(whole.Inputs, 0);
        second.Inputs.CopyTo(whole.Inputs, first.Inputs.Length);
        second.Targets.CopyTo(whole.Targets, first.Targets.Length);
        using var carrying = new Learner(layers, new SquaredLoss(), new(Rows, Steps, CarriesState: true));
        using var through = new Learner(layers, new SquaredLoss(), new(Rows, 2 * Steps));
        carrying.Gradient(first);
        var loss = carrying.Gradient(second).Mean;
        Assert.Equal(through.Gradient(whole).Mean, loss, 1e-6);
        Assert.Equal(through.OutputsAt(2 * Steps - 1, 11).ToArray(), carrying.OutputsAt(Steps - 1, 11).ToArray());
        second.Resets.AsSpan().Fill(true);
        using var fresh = new Learner(layers, new SquaredLoss(), new(Rows, Steps));
        Assert.Equal(fresh.Gradient(second).Mean, carrying.Gradient(second).Mean);
        Assert.Equal(fresh.GradientOf("cell.weight_hh"), carrying.GradientOf("cell.weight_hh"));
    }

    [Fact]
    public void OfMaskedTargets_IsThatOfTheOthersAlone()
    {
        var make = new Initialiser(13);
        Layer[] layers = [make.Gru("cell", 2, 5), make.Dense("head", 5, 2)];
        var all = BatchOf(layers, new SquaredLoss(), 0, 0);
        var half = BatchOf(layers, new SquaredLoss(), 0, 0);
        for (var row = 0; row < Rows; row++)
        {
            for (var step = 3; step < Steps; step++)
            {
                half.TargetsAt(step, row).Fill(float.NaN);
                half.InputsAt(step, row).Fill(1e3f * row);
            }
        }
        var shorter = new Batch(Rows, 3, 2, 2);
        all.Inputs.AsSpan(0, shorter.Inputs.Length).CopyTo(shorter.Inputs);
        all.Targets.AsSpan(0, shorter.Targets.Length).CopyTo(shorter.Targets);
        using var learner = new Learner(layers, new SquaredLoss(), new(Rows, Steps));
        var expected = learner.Gradient(shorter);
        var gradient = Array.ConvertAll(learner.GradientOf("cell.weight_hh"), value => (double)value);
        var found = learner.Gradient(half);
        Assert.Equal(expected.Count, found.Count);
        Assert.Equal(expected.Mean, found.Mean, 1e-6);
        Agreement.Relative(gradient, learner.GradientOf("cell.weight_hh"), "masked");
        half.Targets.AsSpan().Fill(float.NaN);
        Assert.True(double.IsNaN(learner.Gradient(half).Mean));
        Assert.All(learner.GradientOf("cell.weight_hh"), value => Assert.Equal(0, value));
    }

    private static void CheckLoss(Loss loss, Func<double[], double, double> reference, int outputs, int labels = 0,
        Activation head = Activation.Linear)
    {
        var make = new Initialiser(14);
        Check([make.Gru("cell", 2, 5), make.Dense("head", 5, outputs, head)], loss, reference, labels: labels);
    }

    private static void Check(Layer[] layers, Loss loss, Func<double[], double, double> reference, int tokens = 0,
        int labels = 0)
    {
        var batch = BatchOf(layers, loss, tokens, 0, labels);
        var network = new DoubleNetwork(layers);
        using var learner = new Learner(layers, loss, new(Rows, Steps));
        var mean = learner.Gradient(batch).Mean;
        double Loss() => MeanOf(network, batch, loss, reference);
        Assert.Equal(Loss(), mean, 1e-5);
        foreach (var tensor in network.Tensors)
        {
            Agreement.Relative(network.Differences(tensor, Loss), learner.GradientOf(tensor), tensor);
        }
    }

    private static double MeanOf(
        DoubleNetwork network, Batch batch, Loss loss, Func<double[], double, double> reference)
    {
        double sum = 0;
        var count = 0;
        for (var row = 0; row < Rows; row++)
        {
            var step = 0;
            foreach (var y in network.Outputs(batch, row, loss.TakesSums))
            {
                var targets = batch.TargetsAt(step++, row).ToArray();
                var each = y.Length / targets.Length;
                for (var i = 0; i < targets.Length; i++)
                {
                    if (!float.IsNaN(targets[i]))
                    {
                        sum += reference(y[(i * each)..((i + 1) * each)], targets[i]);
                        count++;
                    }
                }
            }
        }
        return sum / count;
    }

    // A warm-up step, a missing value, and a shorter sequence in every third row.
    private static Batch BatchOf(Layer[] layers, Loss loss, int tokens, int seed, int labels = 0)
    {
        var random = new Random(seed);
        var targets = loss.TargetsFor(layers[^1].Outputs);
        var batch = new Batch(Rows, Steps, layers[0].Inputs, targets);
        for (var i = 0; i < batch.Inputs.Length; i++)
        {
            batch.Inputs[i] = tokens > 0 ? random.Next(tokens) : (float)(2 * random.NextDouble() - 1);
        }
        for (var step = 1; step < Steps; step++)
        {
            for (var row = 0; row < (step < Steps - 2 ? Rows : Rows / 3); row++)
            {
                for (var i = 0; i < targets; i++)
                {
                    batch.TargetsAt(step, row)[i] = random.Next(10) == 0 ? float.NaN
                        : labels > 0 ? random.Next(labels) : (float)(4 * random.NextDouble() - 2);
                }
            }
        }
        return batch;
    }

    private static Layer[] Moved(Layer[] layers, string tensor, float[] direction, double step) =>
        [.. layers.Select(layer => LayerCopy.With(layer, [.. layer.Tensors.Select(one => one.Name == tensor
            ? one.Values.ToArray().Zip(direction, (value, by) => (float)(value + step * by)).ToArray()
            : one.Values.ToArray())]))];

    private static Layer Cell(Initialiser make, string cell, string name, int inputs, int hidden) => cell switch
    {
        "rnn-tanh" => make.Rnn(name, inputs, hidden),
        "rnn-relu" => make.Rnn(name, inputs, hidden, Activation.Relu),
        "gru" => make.Gru(name, inputs, hidden),
        "gru-reset-before" => make.Gru(name, inputs, hidden, resetAfter: false),
        _ => make.Lstm(name, inputs, hidden),
    };
}
