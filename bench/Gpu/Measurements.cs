using System.Diagnostics;
using Realtime.Bench.Kernels;
using Realtime.Cells;
using Realtime.Cells.RollOuts;
using Realtime.Gpu;

namespace Realtime.Bench.Gpu;

/// <summary>What is measured of a card, each round once, ours and PyTorch's in turns.</summary>
internal sealed class Measurements : IDisposable
{
    private const int Hidden = 64;
    private const int Latencies = 1000;
    private const int Steps = 16;
    private const int Repeats = 5;
    private const long LargestCopy = 1L << 29;

    private readonly Figures _figures;
    private readonly Torch? _torch;
    private readonly Model _model = RandomModel.Of("gru", Hidden);
    private readonly GpuEngine _engine;
    private readonly IRollOut _rollOut;
    private readonly GpuQueue _queue;
    private readonly GpuBuffer _from;
    private readonly GpuBuffer _to;
    private readonly int[] _sizes;
    private readonly int _batch;
    private string? _torchFault;

    /// <param name="context">The device.</param>
    /// <param name="figures">Gets what is measured.</param>
    /// <param name="torch">Measured beside it; null: nothing is.</param>
    /// <param name="streams">Resident streams; a tenth of them is measured, too.</param>
    public Measurements(GpuContext context, Figures figures, Torch? torch, int streams)
    {
        (_figures, _torch) = (figures, torch);
        _sizes = [Math.Max(1, streams / 10), streams];
        _batch = Math.Min(1024, streams);
        _engine = new GpuEngine(_model, context);
        _engine.Grow(streams);
        _rollOut = _engine.RollOut();
        _queue = context.NewQueue();
        long bytes = Math.Min(LargestCopy, (long)streams * Hidden * sizeof(float));
        (_from, _to) = (_queue.Allocate(bytes), _queue.Allocate(bytes));
    }

    public void Round()
    {
        double copy = (Best(() => Copy(9)) - Best(() => Copy(1))) / 8;
        double bandwidth = 2 * _from.Bytes / copy / 1e3;
        Of("copy bandwidth, read and written", "GB/s").Add(bandwidth);
        Torch($"copy {_from.Bytes}", "copy bandwidth by PyTorch", "GB/s", time => 2 * _from.Bytes / time / 1e3);
        foreach (int rows in (int[])[1, Math.Min(64, _batch), _batch]) Latency(rows);
        foreach (int rows in _sizes) Step(rows, bandwidth);
        RollOut(_sizes[0]);
    }

    /// <summary>Says what the figures have to reach.</summary>
    public void Expect()
    {
        int few = _sizes[0], many = _sizes[1];
        Claim($"gpu-gru-64-step-{many}", $"{many:N0} resident streams, one step", Resident(many, "ms"), false, 0.65,
            0.25);
        Claim($"gpu-gru-64-b{_batch}-p50", $"{_batch:N0} streams, host to host, p50", P50(_batch), false, 25, 15);
        foreach (int rows in _sizes)
        {
            Claim($"gpu-gru-64-{rows}-torch", $"{rows:N0} streams, one step, beside PyTorch under a graph",
                TorchRatio(rows), true, 3, 5);
        }

        Claim($"gpu-gru-64-rollout-{Steps}-{few}-torch", $"{Steps} steps of {few:N0} streams, beside PyTorch",
            RollOutRatio(few), true, 5, 10);
        if (_torchFault is not null) Console.WriteLine($"LEFT OUT: of PyTorch: {_torchFault}");
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
        _queue.Dispose();
        _rollOut.Dispose();
        _engine.Dispose();
    }

    private void Claim(string row, string text, Figure figure, bool higherIsBetter, double pass, double aim)
    {
        if (figure.Rounds.Count > 0) _figures.Expect(row, text, figure, higherIsBetter, pass, aim);
    }

    private Figure Of(string name, string unit) => _figures.Of(name, unit);

    private Figure Resident(int rows, string unit) => Of($"step of {rows} resident streams", unit);

    private Figure P50(int rows) => Of($"step of {rows} streams host to host, p50", "us");

    private Figure TorchRatio(int rows) => Of($"step of {rows} streams, PyTorch over ours", "x");

    private Figure RollOutRatio(int rows) => Of($"roll-out of {rows} streams, PyTorch over ours", "x");

    // Inputs in the host's memory to outputs in the host's memory.
    private void Latency(int rows)
    {
        (int[] wave, float[] inputs, float[] outputs) = Wave(rows);
        for (int i = 0; i < Latencies / 4; i++) _engine.Step(wave, inputs, outputs);
        var times = new double[Latencies];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _engine.Step(wave, inputs, outputs);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        P50(rows).Add(times[times.Length / 2]);
        Of($"step of {rows} streams host to host, p99", "us").Add(times[times.Length * 99 / 100]);
    }

    private void Step(int rows, double bandwidth)
    {
        (int[] wave, float[] inputs, float[] outputs) = Wave(rows);
        _engine.Step(wave, inputs, outputs);
        Of($"step of {rows} streams host to host", "ms").Add(Best(() => _engine.Step(wave, inputs, outputs)) / 1e3);
        // The difference leaves out what a launch and the wait for it cost.
        double time = (Best(() => _engine.Repeat(9)) - Best(() => _engine.Repeat(1))) / 8;
        Resident(rows, "ms").Add(time / 1e3);
        // States read and written, row number, input and output.
        double bytes = rows * (2.0 * Hidden + 3) * sizeof(float);
        Of($"step of {rows} streams, share of copy bandwidth", "%").Add(100 * bytes / time / 1e3 / bandwidth);
        Torch($"step {rows}", $"step of {rows} resident streams by PyTorch", "ms", other =>
        {
            TorchRatio(rows).Add(other / time);
            return other / 1e3;
        });
    }

    private void RollOut(int rows)
    {
        (int[] wave, float[] inputs, _) = Wave(rows);
        var numbers = new float[rows * _rollOut.FeedBack.Numbers];
        var points = new float[rows * Steps];
        _rollOut.Run(wave, new RollOutStart(Steps, inputs, numbers, []), points);
        Of($"roll-out of {rows} streams, {Steps} steps, host to host", "ms").Add(Best(() =>
            _rollOut.Run(wave, new RollOutStart(Steps, inputs, numbers, []), points)) / 1e3);
        double time = Best(() => ((GpuRollOut)_rollOut).Repeat(rows, Steps));
        Of($"roll-out of {rows} streams, {Steps} steps, resident", "ms").Add(time / 1e3);
        Torch($"rollout {rows} {Steps}", $"roll-out of {rows} streams, {Steps} steps, by PyTorch", "ms", other =>
        {
            RollOutRatio(rows).Add(other / time);
            return other / 1e3;
        });
    }

    private void Torch(string what, string name, string unit, Func<double, double> valueOf)
    {
        if (_torch is null) return;
        if (_torch.Ask(what, out double time) is { } fault) _torchFault = $"{what}: {fault}";
        else Of(name, unit).Add(valueOf(time));
    }

    private void Copy(int times)
    {
        for (int i = 0; i < times; i++) _queue.Copy(_to, _from);
        _queue.Finish();
    }

    // The fastest: what disturbs a run only makes it longer.
    private static double Best(Action action)
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return best;
    }

    private (int[] Rows, float[] Inputs, float[] Outputs) Wave(int rows)
    {
        var random = new Random(RandomModel.Seed);
        int[] wave = [.. Enumerable.Range(0, rows)];
        random.Shuffle(wave);
        return (wave, RandomModel.Floats(random, rows, 1), new float[rows]);
    }
}
