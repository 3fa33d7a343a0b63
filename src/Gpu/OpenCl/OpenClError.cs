using System.Diagnostics.CodeAnalysis;

namespace Realtime.Gpu.OpenCl;

internal static class OpenClError
{
    /// <exception cref="GpuException">The status is a failure.</exception>
    public static void Check(int status, string what)
    {
        if (status != OpenClNative.Success) Fail(status, what);
    }

    [DoesNotReturn]
    private static void Fail(int status, string what) =>
        throw new GpuException($"OpenCL: {what} failed with {NameOf(status)}");

    private static string NameOf(int status) => status switch
    {
        -2 => "CL_DEVICE_NOT_AVAILABLE",
        -3 => "CL_COMPILER_NOT_AVAILABLE",
        -4 => "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        -5 => "CL_OUT_OF_RESOURCES",
        -6 => "CL_OUT_OF_HOST_MEMORY",
        -11 => "CL_BUILD_PROGRAM_FAILURE",
        -36 => "CL_INVALID_COMMAND_QUEUE",
        -46 => "CL_INVALID_KERNEL_NAME",
        -52 => "CL_INVALID_KERNEL_ARGS",
        -54 => "CL_INVALID_WORK_GROUP_SIZE",
        -61 => "CL_INVALID_BUFFER_SIZE",
        _ => $"status {status}",
    };
}
