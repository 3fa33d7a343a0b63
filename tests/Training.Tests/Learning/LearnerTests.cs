using Realtime.Cells;
using Realtime.Training.Learning;
using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Training.Tests.Learning;

public sealed class LearnerTests
{
    [Fact]
    public void ClipGradient_ALongOne_GetsTheNormAndKeepsItsDirection()
    {
        using var learner = MakeLearner();
        learner.Gradient(MakeBatch());
        var before = learner.GradientOf("cell.weight_hh");
        var norm = learner.GradientNorm();
        Assert.Equal(norm, learner.ClipGradient(norm / 4));
        Assert.Equal(norm / 4, learner.GradientNorm(), 1e-5 * norm);
        var after = learner.GradientOf("cell.weight_hh");
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First / 4, pair.Second, 1e-5f * (float)norm));
    }

    [Fact]
    public void ClipGradient_AShortOne_StaysAsItIs()
    {
        using var learner = MakeLearner();
        learner.Gradient(MakeBatch());
        var before = learner.GradientOf("cell.weight_hh");
        learner.ClipGradient(1.01 * learner.GradientNorm());
        learner.ClipGradient(double.PositiveInfinity);
        Assert.Equal(before, learner.GradientOf("cell.weight_hh"));
    }

    [Fact]
    public void GradientNorm_IsThatOfAllTensors()
    {
        using var learner = MakeLearner();
        learner.Gradient(MakeBatch());
        var squares = learner.Layers().SelectMany(layer => layer.Tensors)
            .SelectMany(tensor => learner.GradientOf(tensor.Name)).Sum(value => (double)value * value);
        Assert.Equal(Math.Sqrt(squares), learner.GradientNorm(), 1e-9);
    }

    [Fact]
    public void Gradient_WithTwoThreads_HasTheSameBits()
    {
        using Learner one = MakeLearner(), two = MakeLearner(threads: 2);
        Optimiser adam = new Adam(), other = new Adam();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(one.Gradient(MakeBatch(i)), two.Gradient(MakeBatch(i)));
            one.Step(adam, 1e-2);
            two.Step(other, 1e-2);
        }
        foreach (var (first, second) in one.Layers().Zip(two.Layers()))
        {
            Assert.All(first.Tensors.Zip(second.Tensors),
                pair => Assert.Equal(pair.First.Values.ToArray(), pair.Second.Values.ToArray()));
        }
    }

    [Fact]
    public void Gradient_ABatchOfAnotherShape_IsRefused()
    {
        using var learner = MakeLearner();
        var exception = Assert.Throws<ArgumentException>(() => learner.Gradient(new Batch(50, 6, 3, 2)));
        Assert.StartsWith(
            "expected 50 rows of at most 6 steps, 2 inputs and 2 targets, found 50, 6, 3 and 2", exception.Message);
    }

    [Fact]
    public void Gradient_AClassThatIsNone_IsRefused()
    {
        var make = new Initialiser(1);
        using var learner = new Learner(
            [make.Dense("head", 1, 3, Activation.Softmax)], new CategoricalCrossEntropy(), new(1, 1));
        var batch = new Batch(1, 1, 1, 1);
        batch.Targets[0] = 3;
        Assert.StartsWith("expected the number of a class, 0 to 2, found 3",
            Assert.Throws<ArgumentException>(() => learner.Gradient(batch)).Message);
    }

    [Fact]
    public void Step_ManyTimesOnTwoClasses_LearnsThem()
    {
        var make = new Initialiser(2);
        using var learner = new Learner([make.Lstm("cell", 1, 6), make.Dense("head", 6, 2, Activation.Softmax)],
            new CategoricalCrossEntropy(), new(8, 12));
        var batch = new Batch(8, 12, 1, 1);
        var random = new Random(3);
        // Whether more ones than minus ones have come so far.
        for (var row = 0; row < 8; row++)
        {
            var sum = 0;
            for (var step = 0; step < 12; step++)
            {
                var value = random.Next(2) == 0 ? -1 : 1;
                sum += value;
                batch.InputsAt(step, row)[0] = value;
                batch.TargetsAt(step, row)[0] = sum > 0 ? 1 : 0;
            }
        }
        var adam = new Adam();
        var first = learner.Gradient(batch).Mean;
        for (var i = 0; i < 300; i++)
        {
            learner.Gradient(batch);
            learner.Step(adam, 0.02);
        }
        Assert.InRange(first, 0.5, 0.9);
        Assert.True(learner.Evaluate(batch).Mean < 0.05);
    }

    [Fact]
    public void FactorAt_OfEachSchedule_IsItsCurve()
    {
        Assert.Equal(1, new ConstantRate().FactorAt(0.7, 9));
        Assert.Equal([1, 0.55, 0.1], new[] { 0, 0.5, 1.0 }.Select(at => new CosineRate(0.1).FactorAt(at, 0)), Near);
        Assert.Equal([1, 1, 0.5, 0.25], new[] { 0, 9, 10, 20 }.Select(at => new StepRate(10, 0.5).FactorAt(0, at)));
    }

    [Fact]
    public void EarlyStopping_EndsWhenThePatienceIsUsedUp()
    {
        var stopping = new EarlyStopping(2);
        double[] losses = [3, double.NaN, 2, 2, 5];
        var best = losses.Select((loss, epoch) => (stopping.Offer(epoch, loss), stopping.EndsAfter(epoch))).ToArray();
        Assert.Equal([(true, false), (false, false), (true, false), (false, false), (false, true)], best);
        Assert.Equal((2, 2.0), (stopping.BestEpoch, stopping.Best));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static Learner MakeLearner(int threads = 1)
    {
        var make = new Initialiser(4);
        return new([make.Gru("cell", 2, 20), new DropoutLayer("drop", 20, 0.2), make.Dense("head", 20, 2)],
            new SquaredLoss(), new(50, 6, threads, RecurrentDropout: 0.1, Seed: 5));
    }

    private static Batch MakeBatch(int seed = 0)
    {
        var random = new Random(seed);
        var batch = new Batch(50, 6, 2, 2);
        for (var i = 0; i < batch.Inputs.Length; i++)
        {
            (batch.Inputs[i], batch.Targets[i]) = (random.NextSingle(), random.NextSingle());
        }
        return batch;
    }
}
