using Realtime.Gpu.OpenCl;

namespace Realtime.Gpu.Tests.Support;

/// <summary>This machine's processor as an OpenCL device, which runs the kernels that GPUs run.</summary>
internal static class Pocl
{
    private static readonly Lazy<GpuContext> Shared = new(() => GpuDevices.Open(Device!));

    public static GpuDevice? Device { get; } = GpuDevices.Find("pocl").Chosen;

    /// <summary>One context for all tests, so that kernels are compiled once.</summary>
    public static GpuContext Context => Shared.Value;
}

/// <summary>A fact that runs kernels; skipped where there is no PoCL.</summary>
internal sealed class PoclFactAttribute : FactAttribute
{
    public PoclFactAttribute()
    {
        if (Pocl.Device is null)
            Skip = "SKIPPED: no OpenCL device 'pocl' (Debian: ocl-icd-libopencl1 pocl-opencl-icd)";
    }
}

internal sealed class PoclTheoryAttribute : TheoryAttribute
{
    public PoclTheoryAttribute() => Skip = new PoclFactAttribute().Skip;
}
