using static Realtime.Gpu.Cuda.CudaNative;

namespace Realtime.Gpu.Cuda;

/// <summary>Memory of a device.</summary>
internal sealed class CudaBuffer(CudaContext context, ulong memory, long bytes) : GpuBuffer(bytes)
{
    public ulong Memory { get; private set; } = memory;

    public override void Dispose()
    {
        if (Memory == 0) return;
        context.Enter();
        _ = Free(Memory);
        Memory = 0;
    }
}

/// <summary>Host memory that stays where it is.</summary>
internal sealed unsafe class CudaPinned : PinnedMemory
{
    private readonly CudaContext _context;

    public CudaPinned(CudaContext context, long bytes)
        : base(bytes)
    {
        _context = context;
        CudaError.Check(AllocateHost(out byte* memory, (nuint)bytes, 0), $"allocating {bytes} bytes of host memory");
        Pointer = memory;
    }

    public override void Dispose()
    {
        if (Pointer is null) return;
        _context.Enter();
        _ = FreeHost(Pointer);
        Pointer = null;
    }
}
