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
    private bool _isFlying;
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

    /// <summary>The device steps by itself.</summary>
    public bool IsAsynchronous => true;

    public void Grow(int rows)
    {
        CheckIdle();
        _rowCopies.Flush(_states);
        if (_states.Grow(_queue, checked(rows * _copies))) UseSlabs();
    }

    public void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        Begin(rows, inputs, outputs, []);
        End(outputs, []);
    }

    /// <remarks>Whatever is to be done for all rows is asked for before anything is waited for.</remarks>
    public void Begin(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs, Span<float> top)
    {
        CheckIdle();
        Check(rows, inputs, outputs);
        if (!top.IsEmpty) CheckTop(rows, top);
        rows = _spread.Of(rows);
        _rowCopies.Flush(_states);
        _rowCopies.Forget();
        _isFlying = true;
        if (rows.IsEmpty) return;
        bool isWhole = rows.Length <= _kernels.LargestLaunch;
        Fit(isWhole ? _recordings.Room(rows.Length) : rows.Length);
        if (!top.IsEmpty) _rowCopies.FitGathered(rows.Length, _top!.Value.Length);
        for (int at = 0; at < rows.Length; at += _kernels.LargestLaunch)
        {
            int count = Math.Min(_kernels.LargestLaunch, rows.Length - at);
            FillWave(rows.Slice(at, count), inputs.Slice(at * _inputs, count * _inputs), at);
            if (!isWhole || !TryStartRecording(count)) StepRows(count, UpBytesBefore(at), DownBytes(at));
            if (!top.IsEmpty) _rowCopies.BeginGather(_wave.Device, count, _top!.Value.Offset, _top.Value.Length, at);
        }

        _queue.Flush();
    }

    public void End(Span<float> outputs, Span<float> top)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_isFlying) throw new InvalidOperationException("nothing was begun");
        _isFlying = false;
        if (outputs.IsEmpty) return;
        _queue.Finish();
        new ReadOnlySpan<float>(_outputs.Host, outputs.Length).CopyTo(outputs);
        _rowCopies.TakeGathered(top);
    }

    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden)
    {
        CheckIdle();
        CheckTop(rows, hidden);
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
        CheckIdle();
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

    private void FillWave(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, int at)
    {
        int n = _lastRows = rows.Length;
        int* wave = (int*)(_wave.Host + UpBytesBefore(at));
        wave[0] = n;
        for (int i = 0; i < n; i++) wave[StepKernels.WaveHeader + i] = _states.CodeOf(rows[i]);
        inputs.CopyTo(new Span<float>(wave + StepKernels.WaveHeader + n, inputs.Length));
    }

    private bool TryStartRecording(int n)
    {
        int room = _recordings.Room(n);
        return room != n && _recordings.Start(room, this);
    }

    /// <summary>Up, a launch and down, for as many rows as the wave says, and at most so many.</summary>
    /// <param name="room">How many.</param>
    /// <param name="up">Where their wave begins in the host's memory.</param>
    /// <param name="down">Where their outputs do.</param>
    internal void StepRows(int room, long up = 0, long down = 0)
    {
        _wave.Upload(UpBytes(room), up);
        _kernels.Launch(room);
        _outputs.Download(DownBytes(room), down);
    }

    /// <summary>Steps the last wave again and again, all on the device, and waits; for measuring.</summary>
    internal void Repeat(int times)
    {
        for (int i = 0; i < times; i++) _kernels.Launch(_lastRows);
        _queue.Finish();
    }

    private long UpBytes(int rows) => (StepKernels.WaveHeader + (long)rows * (1 + _inputs)) * sizeof(int);

    private long UpBytesBefore(int at) => at / _kernels.LargestLaunch * UpBytes(_kernels.LargestLaunch);

    private long DownBytes(int rows) => (long)rows * _height * sizeof(float);

    private void Fit(int rows)
    {
        long parts = (rows + (long)_kernels.LargestLaunch - 1) / _kernels.LargestLaunch;
        if (!(_wave.Fit(UpBytes(rows) + (parts - 1) * UpBytes(0)) | _outputs.Fit(DownBytes(rows)))) return;
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

    private void CheckTop(ReadOnlySpan<int> rows, ReadOnlySpan<float> top)
    {
        int width = _copies * (_top?.Length ?? 0);
        if (top.Length != (long)rows.Length * width) Misfit(nameof(top), rows.Length, width, top.Length);
    }

    private void CheckIdle()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_isFlying) throw new InvalidOperationException("a step that was begun has not ended");
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
