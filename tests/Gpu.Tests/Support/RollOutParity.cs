using Realtime.Cells;
using Realtime.Cells.RollOuts;
using Realtime.Cells.Tests.Support;

namespace Realtime.Gpu.Tests.Support;

/// <summary>Rolls random states out on the device and by the reference.</summary>
internal static class RollOutParity
{
    /// <param name="model">What is stepped; of an ensemble the first member.</param>
    /// <param name="cpu">Its reference, with rows.</param>
    /// <param name="gpu">The device, with the same rows.</param>
    /// <param name="decoder">Null: none.</param>
    /// <param name="random">Draws what goes in.</param>
    /// <param name="waves">Rows of each roll-out.</param>
    /// <param name="steps">Of each.</param>
    public static void Check(Model model, IStepEngine cpu, IStepEngine gpu, Model? decoder, RandomModels random,
        int[] waves, int steps)
    {
        using IRollOut expected = cpu.RollOut(decoder), found = gpu.RollOut(decoder);
        foreach (int n in waves)
        {
            int[] rows = [.. Enumerable.Range(0, n).Select(_ => random.Below(gpu.Rows))];
            var inputs = new Inputs(found.FeedBack, random, n, steps);
            float[] wanted = inputs.Run(expected, rows), got = inputs.Run(found, rows);
            Agreement.Within(1e-5, got, wanted, $"{model.Name}, {n} rows");
            Agreement.SameBits(inputs.Run(found, rows), got, $"{model.Name}, {n} rows, again");
            if (n < 2) continue;
            // One of them alone.
            int row = random.Below(n), each = got.Length / n;
            Agreement.SameBits(inputs.Only(row).Run(found, [rows[row]]), got.AsSpan(row * each, each),
                $"{model.Name}, row {row} of {n} alone");
        }
    }

    /// <summary>What a roll-out begins with.</summary>
    public sealed class Inputs
    {
        private readonly FeedBack _feedBack;
        private readonly int _steps;
        private readonly float[] _x;
        private readonly float[] _numbers;
        private readonly float[] _known;

        public Inputs(FeedBack feedBack, RandomModels random, int rows, int steps)
            : this(feedBack, steps,
                random.Uniforms(rows * feedBack.Model.NetworkInputCount, 1),
                random.Uniforms(rows * feedBack.Model.Copies * feedBack.Numbers, 1),
                random.Uniforms(rows * steps * feedBack.Known, 1))
        {
        }

        private Inputs(FeedBack feedBack, int steps, float[] x, float[] numbers, float[] known) =>
            (_feedBack, _steps, _x, _numbers, _known) = (feedBack, steps, x, numbers, known);

        public Inputs Only(int row) => new(_feedBack, _steps, Part(_x, row, _feedBack.Model.NetworkInputCount),
            Part(_numbers, row, _feedBack.Model.Copies * _feedBack.Numbers),
            Part(_known, row, _steps * _feedBack.Known));

        public float[] Run(IRollOut rollOut, int[] rows)
        {
            var points = new float[rows.Length * _steps * _feedBack.Points];
            rollOut.Run(rows, new RollOutStart(_steps, _x, _numbers, _known), points);
            return points;
        }

        private static float[] Part(float[] all, int row, int each) => all[(row * each)..((row + 1) * each)];
    }
}
