using System.Diagnostics;
using Realtime.Cells;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>The program's own engine at one cell and batch; a call is <see cref="IStepEngine.Step"/>, head included.</summary>
internal sealed class OwnCell : IDisposable
{
    private readonly CpuEngine _engine;
    private readonly int[] _rows;
    private readonly float[] _inputs;
    private readonly float[] _outputs;
    private readonly float[] _state;
    private readonly int _hidden;
    private int _step;

    public OwnCell(CellWeights weights, int batch)
    {
        var model = weights.Model();
        _hidden = weights.Hidden;
        _engine = new CpuEngine(model);
        _engine.Grow(batch);
        _rows = [.. Enumerable.Range(0, batch)];
        _outputs = new float[batch];
        _state = new float[model.StateFloats];
        var inputs = CellWeights.InputValues();
        _inputs = [.. inputs, .. inputs];
    }

    public string Kernel => _engine.Kernel;

    public void Step()
    {
        var first = _step++ % CellWeights.Inputs;
        _engine.Step(_rows, _inputs.AsSpan(first, _rows.Length), _outputs);
    }

    /// <summary>The largest difference of any h of any row to those of a peer's file, one block per step from zero.</summary>
    public double LargestDifference(string path, int steps)
    {
        foreach (var row in _rows)
            _engine.Clear(row);
        _step = 0;
        using var file = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 20));
        var largest = 0.0;
        for (var t = 0; t < steps; t++)
        {
            Step();
            foreach (var row in _rows)
            {
                _engine.Read(row, _state);
                for (var unit = 0; unit < _hidden; unit++)
                    largest = Math.Max(largest, Difference(_state[unit], file.ReadSingle()));
            }
        }

        return largest;
    }

    public void WarmUp(double milliseconds) => Time(milliseconds);

    /// <summary>Nanoseconds of one call.</summary>
    public double Time(double milliseconds)
    {
        long calls = 1, done = 0;
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            for (var i = 0L; i < calls; i++)
                Step();
            done += calls;
            var spent = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (spent >= milliseconds)
                return 1e6 * spent / done;
            // Looks at the clock about 16 times a sample.
            calls = (long)(done * milliseconds / 16 / Math.Max(spent, 1e-6)) + 1;
        }
    }

    public void Dispose() => _engine.Dispose();

    // A NaN on either side is as far off as can be.
    private static double Difference(float a, float b)
    {
        var difference = Math.Abs((double)a - b);
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }
}
