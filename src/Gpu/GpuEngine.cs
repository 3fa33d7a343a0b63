using System.Diagnostics.CodeAnalysis;
using Realtime.Cells;
using Realtime.Cells.RollOuts;
using Realtime.Cells.States;

namespace Realtime.Gpu;

/// <summary>
/// Steps a model on a device, where the states of all rows stay: rows and inputs go up, outputs come down. Agrees with
/// the scalar kernel to 1e-5; the bits are the same for the same device, driver and <see cref="Kernel"/>.
/// </summary>
public sealed unsafe class GpuEngine : IStepEngine
{
    private readonly Model _whole;
    private readonly Model _model;
    private readonly int _copies;
    private readonly CopyRows _spread;
    private readonly GpuContext _context;
    private readonly GpuQueue _queue;
    private readonly StepKernels _kernels;
    private readonly RowCopies _rowCopies;
    private readonly Staging _wave;
    private readonly Staging _outputs;
    private readonly WaveRecordings _recordings;
    private readonly int _inputs;
    private readonly int _height;
    private readonly StateSlot? _top;
    private StateSlabs _states;
    private int _lastRows;
    private bool _disposed;

    /// <param name="model">The model to step.</param>
    /// <param name="context">The device; it has to outlive the engine.</param>
    /// <exception cref="GpuException">The device or its driver refused.</exception>
    public GpuEngine(Model model, GpuContext context)
        : this(model, context, context?.TileBytes ?? 0, context?.LargestGroup ?? 0)
    {
    }

    /// <summary>With a group's memory and work items, and the rows of a slab, limited.</summary>
    internal GpuEngine(
        Model model, GpuContext context, int tileBytes, int largestGroup, int slabRows = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(context);
        // Where the network is applied to each input by itself a row is one of the device's for each.
        _copies = model.Copies;
        _spread = new CopyRows(_copies);
        Model one = model.One;
        (_whole, _model, _context) = (model, one, context);
        (_inputs, _height) = (one.NetworkInputCount, one.OutputCount);
        _top = TopOf(one);
        _queue = context.NewQueue();
        _kernels = new StepKernels(one, context, _queue, tileBytes, largestGroup);
        _states = new StateSlabs(_kernels.RowStride,
            Math.Min(context.LargestAllocation, (long)slabRows * _kernels.RowStride * sizeof(float)));
        _rowCopies = new RowCopies(_queue, _kernels.RowStride, one.StateFloats);
        _recordings = new WaveRecordings(_queue);
        _wave = new Staging(_queue);
        _outputs = new Staging(_queue);
    }

    /// <summary>"gpu".</summary>
    public string Name => "gpu";

    /// <summary>What its bits depend on: "opencl-2 on DEVICE", with the version of the kernels' results.</summary>
    public string Kernel => KernelOf(_context.Device);

    public GpuDevice Device => _context.Device;

    public int Rows => _states.Rows / _copies;
    public long StateBytes => _states.Bytes;

    /// <summary>What <see cref="Kernel"/> is of engines on a device.</summary>
    public static string KernelOf(GpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return $"{device.Api}-{KernelVariant.Version} on {device.Name}";
    }

    public void Grow(int rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _rowCopies.Flush(_states);
        if (_states.Grow(_queue, checked(rows * _copies))) UseSlabs();
    }

    public void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(rows, inputs, outputs);
        rows = _spread.Of(rows);
        _rowCopies.Flush(_states);
        _rowCopies.Forget();
        for (int at = 0; at < rows.Length; at += _kernels.LargestLaunch)
        {
            int count = Math.Min(_kernels.LargestLaunch, rows.Length - at);
            StepPart(rows.Slice(at, count), inputs.Slice(at * _inputs, count * _inputs),
                outputs.Slice(at * _height, count * _height));
        }
    }

    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int width = _top?.Length ?? 0;
        if (hidden.Length != (long)rows.Length * _copies * width)
            Misfit(nameof(hidden), rows.Length, _copies * width, hidden.Length);
        CheckRows(rows);
        if (_top is not { } top) return;
        _rowCopies.Flush(_states);
        _rowCopies.Gather(_states, _spread.Of(rows), top.Offset, top.Length, hidden);
    }

    public void Read(int row, Span<float> state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckRow(row, state.Length);
        int floats = _model.StateFloats;
        for (int i = 0; i < _copies; i++) _rowCopies.Read(_states, row * _copies + i, state.Slice(i * floats, floats));
    }

    public void Write(int row, ReadOnlySpan<float> state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckRow(row, state.Length);
        int floats = _model.StateFloats;
        for (int i = 0; i < _copies; i++) _rowCopies.Write(_states, row * _copies + i, state.Slice(i * floats, floats));
    }

    public void Clear(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckRow(row, _copies * _model.StateFloats);
        for (int i = 0; i < _copies; i++) _rowCopies.Clear(_states, row * _copies + i);
    }

    public void TakeStates(IStepEngine from)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (from is not GpuEngine { _disposed: false } other || other._context != _context)
            throw new ArgumentException("expected an engine of the same device that is not disposed", nameof(from));
        if (_copies != other._copies || !_model.StateSlots.SequenceEqual(other._model.StateSlots))
            throw new ArgumentException("expected a model of the same state slots", nameof(from));
        foreach (GpuEngine engine in (ReadOnlySpan<GpuEngine>)[this, other])
        {
            engine._rowCopies.Flush(engine._states);
            engine._rowCopies.Forget();
            engine._queue.Finish();
        }

        (_states, other._states) = (other._states, _states);
        UseSlabs();
        other.UseSlabs();
    }

    public IRollOut RollOut(Model? decoder = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (decoder is not null && FeedBack.FaultIn(_whole, decoder) is { } fault)
            throw new ArgumentException(fault, nameof(decoder));
        Model model = decoder ?? _whole;
        return new GpuRollOut(new FeedBack(model), _context, [this], [model]);
    }

    /// <summary>All states, once nothing is under way to them.</summary>
    /// <param name="areToChange">The caller steps them.</param>
    internal StateSlabs Settled(bool areToChange = false)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _rowCopies.Flush(_states);
        if (areToChange) _rowCopies.Forget();
        _queue.Finish();
        return _states;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _recordings.Dispose();
        _kernels.Dispose();
        _rowCopies.Dispose();
        _wave.Dispose();
        _outputs.Dispose();
        _states.Dispose();
        _queue.Dispose();
    }

    private static StateSlot? TopOf(Model model)
    {
        foreach (StateSlot slot in model.StateSlots.Reverse())
            if (slot.Name == "h") return slot;
        return null;
    }

    // All arguments have to be something.
    private void UseSlabs()
    {
        if (_states.Buffers.Count == 0) return;
        _recordings.Forget();
        _kernels.Use(_states);
        _rowCopies.Use(_states);
    }

    private void StepPart(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        int n = _lastRows = rows.Length, room = _recordings.Room(n);
        Fit(room);
        int* wave = (int*)_wave.Host;
        wave[0] = n;
        for (int i = 0; i < n; i++) wave[StepKernels.WaveHeader + i] = _states.CodeOf(rows[i]);
        inputs.CopyTo(new Span<float>(wave + StepKernels.WaveHeader + n, inputs.Length));
        if (room == n || !_recordings.Start(room, this)) StepRows(n);
        _queue.Finish();
        new ReadOnlySpan<float>(_outputs.Host, outputs.Length).CopyTo(outputs);
    }

    /// <summary>Up, a launch and down, for as many rows as the wave says, and at most so many.</summary>
    internal void StepRows(int room)
    {
        _wave.Upload(UpBytes(room));
        _kernels.Launch(room);
        _outputs.Download(DownBytes(room));
    }

    /// <summary>Steps the last wave again and again, all on the device, and waits; for measuring.</summary>
    internal void Repeat(int times)
    {
        for (int i = 0; i < times; i++) _kernels.Launch(_lastRows);
        _queue.Finish();
    }

    private long UpBytes(int rows) => (StepKernels.WaveHeader + (long)rows * (1 + _inputs)) * sizeof(int);

    private long DownBytes(int rows) => (long)rows * _height * sizeof(float);

    private void Fit(int rows)
    {
        if (!(_wave.Fit(UpBytes(rows)) | _outputs.Fit(DownBytes(rows)))) return;
        _recordings.Forget();
        _kernels.Use(_wave.Device, _outputs.Device);
    }

    /// <exception cref="ArgumentException">Something does not fit; nothing has been stepped.</exception>
    internal void Check(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        if (inputs.Length != (long)rows.Length * _copies * _inputs)
            Misfit(nameof(inputs), rows.Length, _copies * _inputs, inputs.Length);
        if (outputs.Length != (long)rows.Length * _copies * _height)
            Misfit(nameof(outputs), rows.Length, _copies * _height, outputs.Length);
        CheckRows(rows);
        if (_model.Vocabulary is not { } vocabulary) return;
        foreach (float token in inputs)
        {
            if (!(token >= 0 && token < vocabulary && token == MathF.Floor(token)))
                throw new ArgumentException($"token {token}: expected an integer below {vocabulary}", nameof(inputs));
        }
    }

    private void CheckRows(ReadOnlySpan<int> rows)
    {
        int known = Rows;
        foreach (int row in rows)
            if ((uint)row >= (uint)known) UnknownRow(row, known);
    }

    private void CheckRow(int row, int floats)
    {
        if ((uint)row >= (uint)Rows) UnknownRow(row, Rows);
        int expected = _copies * _model.StateFloats;
        if (floats != expected)
            throw new ArgumentException($"expected {expected} state floats, found {floats}", nameof(floats));
    }

    [DoesNotReturn]
    private static void Misfit(string name, int rows, int each, int found) =>
        throw new ArgumentException($"expected {rows} * {each} {name}, found {found}", name);

    [DoesNotReturn]
    private static void UnknownRow(int row, int known) =>
        throw new ArgumentOutOfRangeException(nameof(row), row, $"expected a row below {known}");
}
