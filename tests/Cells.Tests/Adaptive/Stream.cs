using System.Runtime.InteropServices;
using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>A stream on the core alone: its memory and last prediction.</summary>
internal sealed class Stream
{
    private readonly ulong[] _memory;

    public Stream(OnlinePlan plan)
    {
        Core = new OnlineCore(plan);
        _memory = new ulong[Core.Layout.Bytes / sizeof(ulong)];
        Core.Clear(Memory);
        Prediction = new double[plan.Horizons.Length * plan.Outputs * (1 + 2 * plan.Intervals.Length)];
    }

    public OnlineCore Core { get; }
    public Span<byte> Memory => MemoryMarshal.AsBytes(_memory.AsSpan());
    public double[] Prediction { get; }
    public OnlineFlags Flags { get; private set; }
    public Settled Settled { get; private set; }

    public float[] Weights => Floats("weights");

    public float[] Floats(string slot)
    {
        OnlineSlot at = Core.Layout.Slots.Single(each => each.Name == slot);
        return MemoryMarshal.Cast<byte, float>(Memory.Slice(at.ByteOffset, at.Bytes)).ToArray();
    }

    public double[] Tick(ulong seq, Series series, ReadOnlySpan<double> frozen)
    {
        Settled = Core.Settle(seq, series.Values, Memory);
        ReadOnlySpan<float> features = series.Features.AsSpan(0, Core.Plan.Features);
        Flags = Core.Finish(seq, features, series.Last, series.Scales, frozen, Memory, Prediction);
        return Prediction;
    }
}

/// <summary>Values with features that tell something of the next ones.</summary>
internal sealed class Series(Random random, int outputs)
{
    private readonly double[] _level = new double[outputs];

    public double[] Values { get; } = new double[outputs];
    public double[] Last { get; } = new double[outputs];
    public double[] Scales { get; } = [.. Enumerable.Repeat(0.7, outputs)];
    public float[] Features { get; } = new float[7];

    public Series Next()
    {
        double seen = 0.8 * Features[0] + 0.4 * Features[1];
        for (int o = 0; o < outputs; o++)
        {
            // Heavy tails, so that Huber's weight matters.
            double noise = OnlineCoreTests.Normal(random) * (random.Next(50) == 0 ? 5 : 0.3);
            _level[o] += (o + 1) * seen + noise;
            Values[o] = Last[o] = _level[o];
            Scales[o] += 0.01 * (random.NextDouble() - 0.5);
        }

        Draw(random);
        return this;
    }

    /// <summary>This value, with features of chance.</summary>
    public Series Take(double value, Random chance)
    {
        Values[0] = Last[0] = value;
        Draw(chance);
        return this;
    }

    private void Draw(Random chance)
    {
        for (int i = 0; i < Features.Length - 1; i++) Features[i] = (float)(2 * chance.NextDouble() - 1);
        Features[^1] = 1;
    }
}
