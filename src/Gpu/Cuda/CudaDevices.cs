namespace Realtime.Gpu.Cuda;

/// <summary>The devices of the CUDA driver.</summary>
internal static class CudaDevices
{
    public const string Api = "cuda";

    public static (IReadOnlyList<GpuDevice> Devices, string Reason) List() => ([], "CUDA: no libcuda.so.1");
}

internal sealed class CudaContext(GpuDevice device) : GpuContext(device)
{
    internal override int TileBytes => 0;
    internal override int ComputeUnits => 0;
    internal override long LargestAllocation => 0;
    internal override int LargestGroup => 0;
    internal override GpuQueue NewQueue() => throw new GpuException("CUDA: no libcuda.so.1");
    protected override void Dispose(bool disposing)
    {
    }
}
