using Realtime.Cells.States;

namespace Realtime.Cells;

/// <summary>
/// Splits big waves among threads, each with a kernel, and so with scratch and weights, of its own. What a row comes to
/// does not depend on who steps it.
/// </summary>
internal sealed unsafe class ThreadedKernel : WaveKernel
{
    /// <summary>Waves of fewer rows are stepped by the caller alone: handing them over would cost more.</summary>
    public const int LeastRows = 256;

    /// <summary>Shares are multiples of it, so that vector kernels take whole groups of streams.</summary>
    private const int Whole = 24;

    private readonly WaveKernel[] _kernels;
    private readonly Worker[] _workers;
    private StateTable? _states;
    private int* _rows;
    private float* _inputs;
    private float* _outputs;
    private int _count;
    private int _inputCount;
    private int _outputCount;

    /// <param name="threads">The caller's and its helpers, at least 2.</param>
    /// <param name="make">Makes a kernel.</param>
    public ThreadedKernel(int threads, Func<WaveKernel> make)
    {
        _kernels = new WaveKernel[threads];
        for (int i = 0; i < threads; i++) _kernels[i] = make();
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int share = i + 1;
            _workers[i] = new Worker($"step {share}", () => StepShare(share));
        }
    }

    public override void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs)
    {
        if (rows.Length < LeastRows)
        {
            _kernels[0].Step(states, rows, inputs, outputs);
            return;
        }

        fixed (int* row = rows)
        fixed (float* x = inputs, y = outputs)
        {
            _states = states;
            _rows = row;
            _inputs = x;
            _outputs = y;
            _count = rows.Length;
            _inputCount = inputs.Length / rows.Length;
            _outputCount = outputs.Length / rows.Length;
            foreach (Worker worker in _workers) worker.Start();
            try
            {
                StepShare(0);
            }
            finally
            {
                // The spans stay where they are until the last one is done.
                foreach (Worker worker in _workers) worker.Await();
            }
        }

        foreach (Worker worker in _workers) worker.ThrowWhatFailed();
    }

    public override void Dispose()
    {
        foreach (Worker worker in _workers) worker.Dispose();
        foreach (WaveKernel kernel in _kernels) kernel.Dispose();
    }

    private void StepShare(int share)
    {
        int each = (_count + _kernels.Length - 1) / _kernels.Length;
        each = (each + Whole - 1) / Whole * Whole;
        int first = (int)Math.Min((long)share * each, _count), count = Math.Min(each, _count - first);
        if (count == 0) return;
        _kernels[share].Step(_states!, new ReadOnlySpan<int>(_rows + first, count),
            new ReadOnlySpan<float>(_inputs + (nint)first * _inputCount, count * _inputCount),
            new Span<float>(_outputs + (nint)first * _outputCount, count * _outputCount));
    }
}
