using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics;
using Realtime.Cells.RollOuts;
using Realtime.Cells.Scalar;
using Realtime.Cells.States;
using Realtime.Cells.Vectors;

namespace Realtime.Cells;

/// <summary>Steps a model on the CPU, with one of the kernels in <see cref="Kernels.Available"/>.</summary>
public sealed class CpuEngine : IStepEngine
{
    private readonly Model _model;
    private readonly int _threads;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int? _vocabulary;
    private readonly int _copies;
    private readonly CopyRows _spread;
    private readonly StateLayout _layout;
    private StateTable _states;
    private readonly WaveKernel _kernel;
    private bool _disposed;

    /// <param name="model">The model to step.</param>
    /// <param name="kernel">"auto", "scalar", "vector128", "vector256" or "vector512".</param>
    /// <param name="threads">
    /// Threads that step a wave of 256 rows or more, the caller's among them; the others end when the engine is
    /// disposed. The bits are the same for any number. Each has its own copy of the weights.
    /// </param>
    /// <exception cref="ArgumentException">This machine has no such kernel; the message names those it has.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 thread.</exception>
    public CpuEngine(Model model, string kernel = Kernels.Auto, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Kernel = Kernels.Resolve(kernel);
        (_model, _threads) = (model, threads);
        _inputs = model.NetworkInputCount;
        _outputs = model.OutputCount;
        _vocabulary = model.Vocabulary;
        _copies = model.Copies;
        _spread = new CopyRows(_copies);
        // Where the network is applied to each input by itself a row of states has one row of the table for each.
        Model one = model.One;
        var layout = _layout = new StateLayout(one);
        _states = new StateTable(layout);
        _kernel = threads == 1 ? Make(one, layout) : new ThreadedKernel(threads, () => Make(one, layout));
    }

    public string Name => "cpu";
    public string Kernel { get; }
    public int RowsAtOnce => _threads == 1 ? 1 : ThreadedKernel.LeastRows;
    public int Rows => _states.Rows / _copies;
    public long StateBytes => _states.Bytes;

    public void Grow(int rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _states.Grow(checked(rows * _copies));
    }

    public void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        Check(rows, inputs, outputs);
        _kernel.Step(_states, _spread.Of(rows), inputs, outputs);
        GC.KeepAlive(this);
    }

    public void Read(int row, Span<float> state)
    {
        int floats = PartOf(state.Length);
        for (int i = 0; i < _copies; i++) _states.Read(checked(row * _copies + i), state.Slice(i * floats, floats));
        GC.KeepAlive(this);
    }

    public void Write(int row, ReadOnlySpan<float> state)
    {
        int floats = PartOf(state.Length);
        for (int i = 0; i < _copies; i++) _states.Write(checked(row * _copies + i), state.Slice(i * floats, floats));
        GC.KeepAlive(this);
    }

    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden)
    {
        _states.ReadTop(_spread.Of(rows), hidden);
        GC.KeepAlive(this);
    }

    public void Clear(int row)
    {
        for (int i = 0; i < _copies; i++) _states.Clear(checked(row * _copies + i));
        GC.KeepAlive(this);
    }

    public void TakeStates(IStepEngine from)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (from is not CpuEngine { _disposed: false } other)
            throw new ArgumentException("expected a CPU engine that is not disposed", nameof(from));
        if (_copies != other._copies || !_layout.Slots.SequenceEqual(other._layout.Slots))
            throw new ArgumentException("expected a model of the same state slots", nameof(from));
        (_states, other._states) = (other._states, _states);
    }

    public IRollOut RollOut(Model? decoder = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (decoder is not null && FeedBack.FaultIn(_model, decoder) is { } fault)
            throw new ArgumentException(fault, nameof(decoder));
        var feedBack = new FeedBack(decoder ?? _model);
        CpuEngine steps = decoder is null ? Like(this) : new CpuEngine(decoder, Kernel, _threads);
        return new CpuRollOut(feedBack, new RollOutMember(this, _model.StateFloats, steps));
    }

    /// <summary>Another one of the same model, kernel and threads, without rows.</summary>
    internal static CpuEngine Like(CpuEngine other) => new(other._model, other.Kernel, other._threads);

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _kernel.Dispose();
        _states.Dispose();
    }

    private WaveKernel Make(Model model, StateLayout layout) => Kernel switch
    {
        Kernels.Vector128Name => new VectorKernel<Lanes128, Vector128<float>>(model, layout),
        Kernels.Vector256Name => new VectorKernel<Lanes256, Vector256<float>>(model, layout),
        Kernels.Vector512Name => new VectorKernel<Lanes512, Vector512<float>>(model, layout),
        _ => new ScalarKernel(model, layout),
    };

    /// <summary>
    /// States are native memory: nothing may reach a kernel that does not fit. The messages are made elsewhere, so that
    /// a step does not pay for them.
    /// </summary>
    private void Check(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        if (inputs.Length != (long)rows.Length * _inputs)
            Misfit(nameof(inputs), rows.Length, _inputs, inputs.Length);
        if (outputs.Length != (long)rows.Length * _outputs)
            Misfit(nameof(outputs), rows.Length, _outputs, outputs.Length);
        CheckRows(rows);
        if (_vocabulary is not null) CheckTokens(inputs);
    }

    private void CheckRows(ReadOnlySpan<int> rows)
    {
        int known = Rows;
        foreach (int row in rows)
            if ((uint)row >= (uint)known) UnknownRow(nameof(rows), row, known);
    }

    // Floats of a state for each row of the table, which checks them.
    private int PartOf(int floats) => floats % _copies == 0
        ? floats / _copies
        : throw new ArgumentException($"expected {_copies * _layout.Floats} state floats, found {floats}");

    private void CheckTokens(ReadOnlySpan<float> inputs)
    {
        foreach (float token in inputs)
        {
            if (!(token >= 0 && token < _vocabulary && token == MathF.Floor(token)))
                throw new ArgumentException($"token {token}: expected an integer below {_vocabulary}", nameof(inputs));
        }
    }

    [DoesNotReturn]
    private static void Misfit(string name, int rows, int each, int found) =>
        throw new ArgumentException($"expected {rows} * {each} {name}, found {found}", name);

    [DoesNotReturn]
    private static void UnknownRow(string name, int row, int known) =>
        throw new ArgumentException($"row {row}: expected one below {known}", name);
}
