namespace Realtime.Gpu;

/// <summary>
/// What one engine asks of a device, in order. Not thread-safe. Every call throws <see cref="GpuException"/> where the
/// device or its driver fails.
/// </summary>
internal abstract class GpuQueue : IDisposable
{
    /// <summary>Device memory, all zero.</summary>
    public abstract GpuBuffer Allocate(long bytes);

    /// <summary>Host memory that the device can read and write.</summary>
    public abstract PinnedMemory Pin(long bytes);

    public abstract GpuKernel Kernel(KernelVariant variant, string name);

    /// <summary>Copies to the begin of device memory, from <paramref name="at"/> on; what is copied stays untouched
    /// until <see cref="Finish"/>.</summary>
    public abstract void Upload(GpuBuffer to, PinnedMemory from, long at, long bytes);

    /// <summary>Copies to the host, to <paramref name="at"/> on; it is there after <see cref="Finish"/>.</summary>
    public abstract void Download(PinnedMemory to, long at, GpuBuffer from, long start, long bytes);

    /// <summary>Copies all of a buffer into another one of the device.</summary>
    public abstract void Copy(GpuBuffer to, GpuBuffer from);

    /// <param name="kernel">With all its arguments.</param>
    /// <param name="groups">Work groups.</param>
    /// <param name="units">Work items of a group along its first dimension.</param>
    /// <param name="parts">Along its second.</param>
    public abstract void Launch(GpuKernel kernel, int groups, int units, int parts);

    /// <summary>
    /// Keeps commands instead of running them, so that all can be started by one call; null where the API has no such
    /// thing. They hold the memory and the arguments that they were recorded with.
    /// </summary>
    public virtual GpuRecording? Record(Action commands) => null;

    /// <summary>Sees to it that the device begins, where it would wait to be asked for the end.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>Waits until all is done.</summary>
    public abstract void Finish();

    public abstract void Dispose();
}

/// <summary>Commands that were recorded.</summary>
internal abstract class GpuRecording : IDisposable
{
    public abstract void Start();

    public abstract void Dispose();
}

/// <summary>Memory of a device.</summary>
internal abstract class GpuBuffer(long bytes) : IDisposable
{
    public long Bytes { get; } = bytes;

    public abstract void Dispose();
}

/// <summary>Host memory that copies to and from a device are fastest with.</summary>
internal abstract unsafe class PinnedMemory(long bytes) : IDisposable
{
    public long Bytes { get; } = bytes;
    public byte* Pointer { get; protected set; }

    public abstract void Dispose();
}

/// <summary>A kernel and its arguments, which stay until they are set anew.</summary>
internal abstract class GpuKernel : IDisposable
{
    public abstract void Set(int argument, GpuBuffer buffer);

    public abstract void Set(int argument, int value);

    /// <summary>Fast memory of each work group.</summary>
    public abstract void SetTile(int argument, int bytes);

    public abstract void Dispose();
}
