using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Realtime.Gpu.Cuda;

internal static unsafe class CudaError
{
    /// <exception cref="GpuException">The status is a failure.</exception>
    public static void Check(int status, string what)
    {
        if (status != CudaNative.Success) Fail(status, what);
    }

    public static string NameOf(int status) =>
        CudaNative.GetErrorName(status, out byte* name) == CudaNative.Success && name is not null
            ? Marshal.PtrToStringUTF8((nint)name)!
            : $"status {status}";

    [DoesNotReturn]
    private static void Fail(int status, string what) =>
        throw new GpuException($"CUDA: {what} failed with {NameOf(status)}");
}
