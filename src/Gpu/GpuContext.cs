namespace Realtime.Gpu;

/// <summary>
/// A device at work, shared by the engines on it: compiled kernels, and queues for engines. Safe to share between
/// threads; dispose of its engines first.
/// </summary>
public abstract class GpuContext : IDisposable
{
    private protected GpuContext(GpuDevice device) => Device = device;

    public GpuDevice Device { get; }

    /// <summary>Bytes of fast memory that a work group can have.</summary>
    internal abstract int TileBytes { get; }

    /// <summary>How many work groups run at once, at least.</summary>
    internal abstract int ComputeUnits { get; }

    /// <summary>Bytes of the largest allocation.</summary>
    internal abstract long LargestAllocation { get; }

    /// <summary>Work items of the largest work group.</summary>
    internal abstract int LargestGroup { get; }

    internal abstract GpuQueue NewQueue();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
