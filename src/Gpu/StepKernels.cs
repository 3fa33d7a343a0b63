using Realtime.Cells;

namespace Realtime.Gpu;

/// <summary>A model's step on a device: its plan and weights there, and kernels for many and for few streams.</summary>
internal sealed unsafe class StepKernels : IDisposable
{
    /// <summary>What a wave has before the codes of its rows: n, and three that are not used.</summary>
    public const int WaveHeader = 4;

    /// <summary>Rows stepped in one launch; it bounds the memory for staging.</summary>
    private const int MostRows = 1 << 20;

    // Where layers do not fit into a group's memory, every stream of a launch has a tile in the device's.
    private const int MostWideRows = 1 << 12;

    // Arguments of the step kernel.
    private const int Wave = 0;
    private const int Outputs = 1;
    private const int FirstConstant = 2;
    private const int FirstSlab = 5;
    private const int Tile = FirstSlab + StateSlabs.Most;

    private readonly GpuQueue _queue;
    private readonly int _computeUnits;
    private readonly GpuBuffer[] _constants;
    private readonly (TileShape Shape, GpuKernel Kernel)[] _steps;
    private readonly GpuBuffer? _scratch;

    /// <param name="model">A network that takes all its inputs at once.</param>
    /// <param name="context">The device.</param>
    /// <param name="queue">Takes the launches.</param>
    /// <param name="tileBytes">A group's memory.</param>
    /// <param name="largestGroup">Its work items.</param>
    /// <exception cref="GpuException">The device or its driver refused.</exception>
    public StepKernels(Model model, GpuContext context, GpuQueue queue, int tileBytes, int largestGroup)
    {
        (_queue, _computeUnits) = (queue, context.ComputeUnits);
        var plan = new StepPlan(model);
        RowStride = plan.RowStride;
        _constants = [Constant<int>(plan.Ints), Constant<float>(plan.Weights), Constant<float>(plan.Biases)];
        _steps = [.. Shapes(plan, tileBytes, largestGroup)
            .Select(shape => (shape, queue.Kernel(shape.Variant, "step_wave")))];
        TileShape widest = _steps[0].Shape;
        LargestLaunch = widest.Variant.IsWide ? MostWideRows : MostRows;
        if (widest.Variant.IsWide) _scratch = queue.Allocate(widest.Groups(LargestLaunch) * widest.TileBytes);
        foreach ((TileShape shape, GpuKernel kernel) in _steps) SetConstants(shape, kernel);
    }

    /// <summary>Floats from one row of states to the next.</summary>
    public int RowStride { get; }

    /// <summary>The most rows of a launch.</summary>
    public int LargestLaunch { get; }

    /// <summary>The states to step.</summary>
    public void Use(StateSlabs states)
    {
        foreach ((_, GpuKernel kernel) in _steps) RowCopies.SetSlabs(kernel, FirstSlab, states);
    }

    /// <summary>Where rows and inputs come from, and outputs go to.</summary>
    public void Use(GpuBuffer wave, GpuBuffer outputs)
    {
        foreach ((_, GpuKernel kernel) in _steps)
        {
            kernel.Set(Wave, wave);
            kernel.Set(Outputs, outputs);
        }
    }

    /// <summary>Steps as many rows as the wave says, and at most so many.</summary>
    public void Launch(int rows)
    {
        // Few streams are spread over as many groups as the device runs at once.
        (TileShape shape, GpuKernel kernel) = _steps.Length == 1 || _steps[0].Shape.Groups(rows) >= _computeUnits
            ? _steps[0] : _steps[^1];
        _queue.Launch(kernel, shape.Groups(rows), shape.Units, shape.Parts);
    }

    public void Dispose()
    {
        foreach ((_, GpuKernel kernel) in _steps) kernel.Dispose();
        foreach (GpuBuffer constant in _constants) constant.Dispose();
        _scratch?.Dispose();
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
        for (int i = 0; i < _constants.Length; i++) kernel.Set(FirstConstant + i, _constants[i]);
        if (_scratch is not null) kernel.Set(Tile, _scratch);
        else kernel.SetTile(Tile, (int)shape.TileBytes);
    }
}
