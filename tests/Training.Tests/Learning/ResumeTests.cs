using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Training.Tests.Learning;

/// <summary>Training that is interrupted and taken up again.</summary>
public sealed class ResumeTests
{
    private static readonly ForecastTraining Options = new()
    {
        Hidden = 10, Layers = 2, Dropout = 0.2, RecurrentDropout = 0.1, Window = 40, WarmUp = 8, Epochs = 8, Rows = 9,
        Averaging = 0.9,
    };

    [Theory]
    [InlineData(true, false, 3)]
    [InlineData(false, true, 5)]
    public void TakenUpAgain_ComesToTheSameBytes(bool adam, bool carries, int interruptedAt)
    {
        var training = Options with
        {
            CarriesState = carries, Optimiser = () => adam ? new Adam(weightDecay: 1e-4) : new RmsProp(momentum: 0.5),
        };
        using var whole = Make(training);
        var expected = whole.Train();
        using var cancellation = new CancellationTokenSource();
        using var first = Make(training);
        var part = first.Train(epoch => Cancel(epoch, interruptedAt, cancellation), cancellation.Token);
        Assert.True(part.WasCancelled);
        Assert.Equal(interruptedAt, part.Epochs.Count);
        using var second = Make(training with { Threads = 2 });
        second.Resume(first.Checkpoint);
        var result = second.Train();
        Assert.False(result.WasCancelled);
        Assert.Equal(expected.Epochs, result.Epochs);
        Assert.Equal(expected.File, result.File);
    }

    [Fact]
    public void ACheckpointOfOtherOptionsOrData_IsRefused()
    {
        using var first = Make(Options with { Epochs = 1 });
        first.Train();
        Refuses(Options with { Epochs = 2 }, first.Checkpoint, "expected a checkpoint of the same data and options");
        using var other = new ForecastTrainer(["x"], [Wave(401)], Options with { Epochs = 1 });
        Assert.Throws<InvalidDataException>(() => other.Resume(first.Checkpoint));
        Refuses(Options with { Epochs = 1 }, first.Checkpoint[..200], "expected a checkpoint, found a part of one");
    }

    private static void Refuses(ForecastTraining training, ReadOnlyMemory<byte> checkpoint, string message)
    {
        using var trainer = Make(training);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => trainer.Resume(checkpoint)).Message);
    }

    private static void Cancel(EpochReport epoch, int at, CancellationTokenSource cancellation)
    {
        if (epoch.Epoch == at)
        {
            cancellation.Cancel();
        }
    }

    private static ForecastTrainer Make(ForecastTraining training) => new(["x"], [Wave(700), Wave(430)], training);

    private static RecordedSeries Wave(int rows)
    {
        var random = new Random(rows);
        return new("wave", 1, [.. Enumerable.Range(0, rows).Select(i => Math.Sin(i * 0.3) + random.NextDouble())]);
    }
}
