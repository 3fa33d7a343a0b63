using System.Text;

namespace Realtime.Gpu.Cuda;

/// <summary>
/// The primary context of a CUDA device; the driver compiles the kernels' PTX for it when they are first asked for.
/// </summary>
internal sealed unsafe class CudaContext : GpuContext
{
    private const int LogBytes = 4096;

    // Of a thread: three blocks fit into a multiprocessor's 65,536, and no inner loop spills. ptxas would take twice as
    // many.
    private const int Registers = 80;

    // A block may have this much for the asking, and more only where the device's attribute says so.
    private const int PlainTileBytes = 48 << 10;

    private readonly OncePerVariant _modules;
    private readonly int _device;
    private readonly nint _handle;
    private bool _disposed;

    public CudaContext(GpuDevice device)
        : base(device)
    {
        _modules = new OncePerVariant(Load);
        if (!CudaNative.IsThere) throw new GpuException("CUDA: no libcuda.so.1");
        CudaError.Check(CudaNative.Initialise(0), "starting the driver");
        CudaError.Check(CudaNative.GetDevice(out _device, device.Place.Device), "asking for a device");
        CudaError.Check(CudaNative.RetainContext(out _handle, _device), "taking the device's context");
        ComputeUnits = CudaDevices.Attribute(_device, CudaNative.Multiprocessors);
        // Two blocks and more on a multiprocessor hide each other's waiting.
        TileBytes = Math.Max(PlainTileBytes, CudaDevices.Attribute(_device, CudaNative.LargestTileBytes) / 2);
    }

    internal override int TileBytes { get; }
    internal override int ComputeUnits { get; }
    internal override long LargestAllocation => Device.Memory;
    internal override int LargestGroup => 256;

    internal override GpuQueue NewQueue()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new CudaQueue(this);
    }

    /// <summary>Every thread has a current context of its own.</summary>
    internal void Enter() => CudaError.Check(CudaNative.SetCurrent(_handle), "entering the device's context");

    /// <summary>The loaded PTX; once for each variant.</summary>
    internal nint Module(KernelVariant variant) => _modules.Of(variant);

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        if (CudaNative.SetCurrent(_handle) == CudaNative.Success)
            foreach (nint module in _modules.All) _ = CudaNative.UnloadModule(module);
        _ = CudaNative.ReleaseContext(_device);
    }

    private nint Load(KernelVariant variant)
    {
        byte[] ptx = [.. KernelVariant.Resource(variant.PtxName), 0];
        byte* log = stackalloc byte[LogBytes];
        log[0] = 0;
        int* names = stackalloc int[] { CudaNative.ErrorLog, CudaNative.ErrorLogBytes, CudaNative.MostRegisters };
        void** values = stackalloc void*[3];
        values[0] = log;
        values[1] = (void*)LogBytes;
        values[2] = (void*)Registers;
        fixed (byte* text = ptx)
        {
            int status = CudaNative.LoadModule(out nint module, text, 3, names, values);
            if (status == CudaNative.Success) return module;
            string why = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(log, LogBytes));
            why = why.Split('\0')[0].Split('\n')[0].Trim();
            throw new GpuException(
                $"CUDA: {Device.Name} did not load {variant.PtxName}: {CudaError.NameOf(status)} {why}".TrimEnd());
        }
    }
}
