namespace Realtime.Gpu;

/// <summary>Host and device memory of the same size, for what goes up or comes down; it grows, and never shrinks.
/// </summary>
internal sealed unsafe class Staging(GpuQueue queue) : IDisposable
{
    private const long Least = 4096;

    private PinnedMemory? _host;
    private GpuBuffer? _device;

    public GpuBuffer Device => _device!;
    public byte* Host => _host!.Pointer;

    /// <summary>Bytes on the device.</summary>
    public long Bytes => _device?.Bytes ?? 0;

    /// <returns>The memory is another than before.</returns>
    public bool Fit(long bytes)
    {
        if (_device is not null && bytes <= _device.Bytes) return false;
        bytes = Math.Max(bytes, Math.Max(Least, 2 * Bytes));
        Dispose();
        _device = queue.Allocate(bytes);
        _host = queue.Pin(bytes);
        return true;
    }

    /// <summary>Copies what lies <paramref name="at"/> bytes behind the host's begin to the device's begin.</summary>
    public void Upload(long bytes, long at = 0) => queue.Upload(_device!, _host!, at, bytes);

    /// <summary>The other way round.</summary>
    public void Download(long bytes, long at = 0) => queue.Download(_host!, at, _device!, 0, bytes);

    public void Download(GpuBuffer from, long start, long bytes) => queue.Download(_host!, 0, from, start, bytes);

    public void Dispose()
    {
        _host?.Dispose();
        _device?.Dispose();
        (_host, _device) = (null, null);
    }
}
