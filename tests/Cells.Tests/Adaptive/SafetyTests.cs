using System.Runtime.InteropServices;
using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>Ten million ticks of what streams do at their worst: all stays finite, and learns again.</summary>
public sealed class SafetyTests
{
    private const int Features = 4;

    [Fact]
    public void TenMillionTicks_StayFinite_AndAreRecoveredFrom()
    {
        var run = new Run();
        run.Phase(2_000_000, (_, f) => Set(f, 0.3f, -0.2f, 0.5f, 17.25));
        run.Phase(2_000_000, (_, f) => Set(f, 0, 0, 0, 0));
        run.Recovers();
        run.Phase(1_500_000, (i, f) => Set(f, i % 1000 == 0 ? 8 : 0.1f, 0.1f, -0.1f, i % 1000 == 0 ? 1e100 : 1));
        run.Recovers();
        run.Phase(1_500_000, (i, f) => Set(f, i % 2 == 0 ? 8 : -8, 8, 8, i % 2 == 0 ? 1e100 : -1e100));
        run.Phase(1_000_000, (i, f) => Set(f, 0.2f, 0.2f, 0.2f + 1e-7f * (i % 3), i % 5));
        run.Recovers();
        run.Phase(1_000_000, (i, f) => Set(f, 1e-30f, -1e-38f, 1e-20f, 1e-300 * (i % 7)));
        run.Phase(1_000_000, (_, f) => Set(f, 0, 0, 0, -3));
        run.Recovers();
        Assert.Equal(10_000_000 + 4 * Run.Recovery, run.Ticks);
    }

    private static double Set(float[] f, float a, float b, float c, double value)
    {
        (f[0], f[1], f[2]) = (a, b, c);
        return value;
    }

    private sealed class Run
    {
        public const int Recovery = 50_000;

        private readonly OnlineCore _core = new(new OnlinePlan
        {
            Horizons = [1, 2], Outputs = 1, Features = Features, Intervals = [0.8], Score = true,
        });

        private readonly ulong[] _memory;
        private readonly float[] _features = [0, 0, 0, 1];
        private readonly double[] _prediction = new double[6];
        private readonly Random _random = new(4);
        private readonly ChangeScale _changes = new(0, 1, 1 - Math.Pow(2, -1 / 300.0));
        private readonly double[] _change = new double[3];
        private double _last = double.NaN;

        public Run()
        {
            _memory = new ulong[_core.Layout.Bytes / 8];
            _core.Clear(Memory);
        }

        public long Ticks { get; private set; }

        private Span<byte> Memory => MemoryMarshal.AsBytes(_memory.AsSpan());

        public void Phase(int ticks, Func<int, float[], double> next)
        {
            for (int i = 0; i < ticks; i++)
            {
                Tick(next(i, _features));
                // One check per tick: a sum with anything in it that is not finite is not.
                if (!double.IsFinite(_prediction[0] * 1e-120 + _prediction[1] * 1e-120 + _prediction[5] * 1e-120))
                    Assert.Fail($"tick {Ticks}: {string.Join(' ', _prediction)}");
            }

            foreach (OnlineSlot slot in _core.Layout.Slots.Where(slot => slot.Type == OnlineNumber.Floats))
            {
                // A half-width without bounds is the one thing that may be infinite.
                foreach (float number in MemoryMarshal.Cast<byte, float>(Memory.Slice(slot.ByteOffset, slot.Bytes)))
                    Assert.True(float.IsFinite(number) || (slot.Name == "forecasts" && number > 0), slot.Name);
            }
        }

        /// <summary>A stream that its features tell the next step of.</summary>
        public void Recovers()
        {
            double x = 0, forecast = 0, errors = 0, steps = 0;
            int judged = 0, hits = 0;
            for (int i = 0; i < Recovery; i++)
            {
                double step = 0.7 * _features[0] - 0.5 * _features[1] + 0.1 * (_random.NextDouble() - 0.5);
                x = i == 0 ? 0 : x + step;
                if (i >= Recovery / 2)
                    (errors, steps) = (errors + (x - forecast) * (x - forecast), steps + step * step);
                for (int k = 0; k < 3; k++) _features[k] = (float)(2 * _random.NextDouble() - 1);
                Settled settled = Tick(x);
                forecast = _prediction[0];
                if (i >= Recovery / 2) (judged, hits) = (judged + settled.Judged, hits + settled.Hits[0]);
            }

            // The tenth of noise has 2% of the steps' variance.
            Assert.InRange(errors / steps, 0, 0.04);
            Assert.InRange(hits / (double)judged, 0.78, 0.82);
        }

        private Settled Tick(double value)
        {
            _changes.Learn(0, value - _last, _change);
            _last = value;
            double scale = _changes.Of(0, Math.Abs(value), _change);
            Settled settled = _core.Settle((ulong)Ticks, [value], Memory);
            _core.Finish((ulong)Ticks++, _features, [value], [scale], [value, value + scale], Memory, _prediction);
            return settled;
        }
    }
}
