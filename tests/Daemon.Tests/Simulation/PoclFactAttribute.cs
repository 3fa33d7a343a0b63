using Realtime.Gpu;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>A fact that needs this machine's processor as an OpenCL device; skipped where it is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PoclFactAttribute : FactAttribute
{
    public PoclFactAttribute()
    {
        if (GpuDevices.Find("pocl").Chosen is null)
            Skip = "SKIPPED: no OpenCL device 'pocl' (Debian: ocl-icd-libopencl1 pocl-opencl-icd)";
    }
}
