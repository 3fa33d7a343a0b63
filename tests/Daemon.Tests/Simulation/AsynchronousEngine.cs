using Realtime.Cells;
using Realtime.Cells.RollOuts;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Steps as a device does: what is begun is done when it is asked for, and not before.</summary>
internal sealed class AsynchronousEngine(Model model) : IStepEngine
{
    private readonly CpuEngine _engine = new(model);
    private int[] _rows = [];
    private float[] _inputs = [];
    private (int Rows, int Inputs) _begun;
    private bool _isFlying;

    /// <summary>Told of each begin and end, with how many rows.</summary>
    public Action<string, int>? Told { get; set; }

    public string Name { get; init; } = "cpu";
    public string Kernel => _engine.Kernel;
    public bool IsAsynchronous => true;
    public int Rows => _engine.Rows;
    public long StateBytes => _engine.StateBytes;

    public void Begin(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs, Span<float> top)
    {
        RequireIdle();
        (_begun, _isFlying) = ((rows.Length, inputs.Length), true);
        Keep(rows, ref _rows);
        Keep(inputs, ref _inputs);
        // Nothing that comes of it may be looked at before the end.
        outputs.Fill(float.NaN);
        top.Fill(float.NaN);
        Told?.Invoke("begin", rows.Length);
    }

    public void End(Span<float> outputs, Span<float> top)
    {
        Assert.True(_isFlying);
        _isFlying = false;
        var rows = _rows.AsSpan(0, _begun.Rows);
        _engine.Step(rows, _inputs.AsSpan(0, _begun.Inputs), outputs);
        if (!top.IsEmpty)
            _engine.ReadTop(rows, top);
        Told?.Invoke("end", rows.Length);
    }

    public void Grow(int rows)
    {
        RequireIdle();
        _engine.Grow(rows);
    }

    public void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        RequireIdle();
        _engine.Step(rows, inputs, outputs);
    }

    public void Read(int row, Span<float> state)
    {
        RequireIdle();
        _engine.Read(row, state);
    }

    public void Write(int row, ReadOnlySpan<float> state)
    {
        RequireIdle();
        _engine.Write(row, state);
    }

    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden)
    {
        RequireIdle();
        _engine.ReadTop(rows, hidden);
    }

    public void Clear(int row)
    {
        RequireIdle();
        _engine.Clear(row);
    }

    public void TakeStates(IStepEngine from)
    {
        RequireIdle();
        _engine.TakeStates(((AsynchronousEngine)from)._engine);
    }

    public IRollOut RollOut(Model? decoder = null)
    {
        RequireIdle();
        return _engine.RollOut(decoder);
    }

    public void Dispose() => _engine.Dispose();

    // The states are the device's until it is done.
    private void RequireIdle() => Assert.False(_isFlying);

    private static void Keep<T>(ReadOnlySpan<T> from, ref T[] to)
    {
        if (to.Length < from.Length)
            to = new T[from.Length];
        from.CopyTo(to);
    }
}
