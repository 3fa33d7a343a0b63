using System.Diagnostics.CodeAnalysis;
using Realtime.Cells;

namespace Realtime.Gpu;

/// <summary>
/// Steps a model on a device, where the states of all rows stay: rows and inputs go up, outputs come down. Agrees with
/// the scalar kernel to 1e-5; the bits are the same for the same device, driver and <see cref="Kernel"/>.
/// </summary>
public sealed unsafe class GpuEngine : IStepEngine
{
    /// <summary>Rows stepped in one launch; it bounds the memory for staging.</summary>
    private const int LargestLaunch = 1 << 20;

    // Where layers do not fit into a group's memory, every stream of a launch has a tile in the device's.
    private const int LargestWideLaunch = 1 << 12;

    // What a launch has before the codes of rows: n, and three that are not used.
    private const int WaveHeader = 4;

    // Arguments of the step kernel.
    private const int FirstSlab = 5;
    private const int Tile = FirstSlab + StateSlabs.Most;

    private readonly Model _model;
    private readonly int _copies;
    private int[] _spread = [];
    private readonly GpuContext _context;
    private readonly GpuQueue _queue;
    private readonly StepPlan _plan;
    private readonly GpuBuffer[] _constants;
    private readonly (TileShape Shape, GpuKernel Kernel)[] _steps;
    private readonly RowCopies _rowCopies;
    private readonly Staging _wave;
    private readonly Staging _outputs;
    private readonly GpuBuffer? _scratch;
    private readonly WaveRecordings _recordings;
    private readonly int _inputs;
    private readonly int _height;
    private readonly int _largestLaunch;
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

    /// <summary>With a group's memory and work items limited, for tests.</summary>
    internal GpuEngine(Model model, GpuContext context, int tileBytes, int largestGroup)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(context);
        // Where the network is applied to each input by itself a row is one of the device's for each.
        _copies = model.Copies;
        Model one = model.One;
        (_model, _context) = (one, context);
        (_inputs, _height) = (one.NetworkInputCount, one.OutputCount);
        _top = TopOf(one);
        _plan = new StepPlan(one);
        _queue = context.NewQueue();
        _states = new StateSlabs(_plan.RowStride, context.LargestAllocation);
        _rowCopies = new RowCopies(_queue, _plan.RowStride, one.StateFloats);
        _recordings = new WaveRecordings(_queue);
        _wave = new Staging(_queue);
        _outputs = new Staging(_queue);
        _constants = [Constant<int>(_plan.Ints), Constant<float>(_plan.Weights), Constant<float>(_plan.Biases)];
        _steps = [.. Shapes(_plan, tileBytes, largestGroup)
            .Select(shape => (shape, _queue.Kernel(shape.Variant, "step_wave")))];
        TileShape widest = _steps[0].Shape;
        _largestLaunch = widest.Variant.IsWide ? LargestWideLaunch : LargestLaunch;
        if (widest.Variant.IsWide) _scratch = _queue.Allocate(widest.Groups(_largestLaunch) * widest.TileBytes);
        foreach ((TileShape shape, GpuKernel kernel) in _steps) SetConstants(shape, kernel);
    }

    /// <summary>"gpu".</summary>
    public string Name => "gpu";

    /// <summary>What its bits depend on: "opencl-1 on DEVICE", with the version of the kernels' results.</summary>
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
        rows = Spread(rows);
        _rowCopies.Flush(_states);
        _rowCopies.Forget();
        _isFlying = true;
        if (rows.IsEmpty) return;
        bool isWhole = rows.Length <= _largestLaunch;
        Fit(isWhole ? _recordings.Room(rows.Length) : rows.Length);
        if (!top.IsEmpty) _rowCopies.FitGathered(rows.Length, _top!.Value.Length);
        for (int at = 0; at < rows.Length; at += _largestLaunch)
        {
            int count = Math.Min(_largestLaunch, rows.Length - at);
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
        _rowCopies.Gather(_states, Spread(rows), top.Offset, top.Length, hidden);
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

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _recordings.Dispose();
        foreach ((_, GpuKernel kernel) in _steps) kernel.Dispose();
        foreach (GpuBuffer constant in _constants) constant.Dispose();
        _scratch?.Dispose();
        _rowCopies.Dispose();
        _wave.Dispose();
        _outputs.Dispose();
        _states.Dispose();
        _queue.Dispose();
    }

    // From the one for most streams to the one for fewest.
    private static List<TileShape> Shapes(StepPlan plan, int tileBytes, int largestGroup)
    {
        List<TileShape> shapes = [];
        foreach (KernelVariant variant in (ReadOnlySpan<KernelVariant>)[KernelVariant.Many, KernelVariant.Few])
            if (TileShape.Of(variant, plan, tileBytes, largestGroup) is { } shape) shapes.Add(shape);
        if (shapes.Count == 0)
            shapes.Add(TileShape.Of(KernelVariant.Wide, plan, tileBytes, largestGroup)!);
        return shapes;
    }

    private static StateSlot? TopOf(Model model)
    {
        foreach (StateSlot slot in model.StateSlots.Reverse())
            if (slot.Name == "h") return slot;
        return null;
    }

    private GpuBuffer Constant<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        long bytes = (long)values.Length * sizeof(T);
        GpuBuffer buffer = _queue.Allocate(bytes);
        using PinnedMemory pinned = _queue.Pin(bytes);
        values.CopyTo(new Span<T>(pinned.Pointer, values.Length));
        _queue.Upload(buffer, pinned, 0, bytes);
        _queue.Finish();
        return buffer;
    }

    private void SetConstants(TileShape shape, GpuKernel kernel)
    {
        for (int i = 0; i < _constants.Length; i++) kernel.Set(2 + i, _constants[i]);
        if (_scratch is not null) kernel.Set(Tile, _scratch);
        else kernel.SetTile(Tile, (int)shape.TileBytes);
    }

    // All arguments have to be something.
    private void UseSlabs()
    {
        if (_states.Buffers.Count == 0) return;
        _recordings.Forget();
        foreach ((_, GpuKernel kernel) in _steps) RowCopies.SetSlabs(kernel, FirstSlab, _states);
        _rowCopies.Use(_states);
    }

    private void FillWave(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, int at)
    {
        int n = _lastRows = rows.Length;
        int* wave = (int*)(_wave.Host + UpBytesBefore(at));
        wave[0] = n;
        for (int i = 0; i < n; i++) wave[WaveHeader + i] = _states.CodeOf(rows[i]);
        inputs.CopyTo(new Span<float>(wave + WaveHeader + n, inputs.Length));
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
        (TileShape shape, GpuKernel kernel) = Choose(room);
        _queue.Launch(kernel, shape.Groups(room), shape.Units, shape.Parts);
        _outputs.Download(DownBytes(room), down);
    }

    /// <summary>Steps the last wave again and again, all on the device, and waits; for measuring.</summary>
    internal void Repeat(int times)
    {
        int n = _lastRows;
        (TileShape shape, GpuKernel kernel) = Choose(n);
        for (int i = 0; i < times; i++) _queue.Launch(kernel, shape.Groups(n), shape.Units, shape.Parts);
        _queue.Finish();
    }

    private long UpBytes(int rows) => (WaveHeader + (long)rows * (1 + _inputs)) * sizeof(int);

    private long UpBytesBefore(int at) => at / _largestLaunch * UpBytes(_largestLaunch);

    private long DownBytes(int rows) => (long)rows * _height * sizeof(float);

    private void Fit(int rows)
    {
        long parts = (rows + (long)_largestLaunch - 1) / _largestLaunch;
        if (!(_wave.Fit(UpBytes(rows) + (parts - 1) * UpBytes(0)) | _outputs.Fit(DownBytes(rows)))) return;
        _recordings.Forget();
        foreach ((_, GpuKernel each) in _steps)
        {
            each.Set(0, _wave.Device);
            each.Set(1, _outputs.Device);
        }
    }

    // Few streams are spread over as many groups as the device runs at once.
    private (TileShape Shape, GpuKernel Kernel) Choose(int n) =>
        _steps.Length == 1 || _steps[0].Shape.Groups(n) >= _context.ComputeUnits ? _steps[0] : _steps[^1];

    private void Check(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
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

    // The device's rows of rows; they are held until the next call.
    private ReadOnlySpan<int> Spread(ReadOnlySpan<int> rows)
    {
        if (_copies == 1) return rows;
        int count = rows.Length * _copies;
        if (_spread.Length < count) _spread = new int[Math.Max(count, 2 * _spread.Length)];
        for (int i = 0; i < count; i++) _spread[i] = rows[i / _copies] * _copies + i % _copies;
        return _spread.AsSpan(0, count);
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
