using Realtime.Cells;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>
/// The program's own engine at one cell and batch; a call is <see cref="IStepEngine.Step"/>, head included.
/// </summary>
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

    /// <summary>
    /// The largest difference of any h of any row to those of a peer's file, one block per step from zero.
    /// </summary>
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

    /// <summary>
    /// Runs at least so long, and until that has not made it faster any more: code is compiled in steps.
    /// </summary>
    public void WarmUp(double milliseconds)
    {
        var best = Time(milliseconds);
        for (var (attempt, slower) = (0, 0); attempt < 30 && slower < 3; attempt++)
        {
            var next = Time(milliseconds / 3);
            slower = next < 0.9 * best ? 0 : slower + 1;
            best = Math.Min(best, next);
        }
    }

    /// <summary>Nanoseconds of one call, by <see cref="ThreadClock"/>.</summary>
    public double Time(double milliseconds)
    {
        long calls = 1, done = 0;
        var start = ThreadClock.Nanoseconds;
        while (true)
        {
            for (var i = 0L; i < calls; i++)
                Step();
            done += calls;
            var spent = ThreadClock.Nanoseconds - start;
            if (spent >= 1e6 * milliseconds)
                return spent / done;
            // Looks at the clock about 16 times a sample.
            calls = (long)(done * 1e6 * milliseconds / 16 / Math.Max(spent, 1)) + 1;
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
