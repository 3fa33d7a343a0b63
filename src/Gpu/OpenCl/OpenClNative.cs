using System.Runtime.InteropServices;

namespace Realtime.Gpu.OpenCl;

/// <summary>
/// What is used of OpenCL 1.2, by its C API: The OpenCL Specification 1.2, Khronos Group. Nothing is loaded before the
/// first call; <see cref="IsThere"/> has to be asked before that.
/// </summary>
internal static unsafe partial class OpenClNative
{
    private const string Library = "libOpenCL.so.1";

    public const int Success = 0;
    public const int NoDevice = -1;
    public const ulong AllDevices = 0xFFFFFFFF;
    public const ulong CpuDevice = 1 << 1;
    public const ulong ReadWrite = 1 << 0;
    public const ulong InHostMemory = 1 << 4;
    public const ulong MapForAll = 3;

    public const uint PlatformVersion = 0x0901;
    public const uint PlatformName = 0x0902;
    public const uint DeviceType = 0x1000;
    public const uint DeviceComputeUnits = 0x1002;
    public const uint DeviceLargestGroup = 0x1004;
    public const uint DeviceLargestAllocation = 0x1010;
    public const uint DeviceMemory = 0x101F;
    public const uint DeviceLocalMemory = 0x1023;
    public const uint DeviceAvailable = 0x1027;
    public const uint DeviceCompiler = 0x1028;
    public const uint DeviceName = 0x102B;
    public const uint DriverVersion = 0x102D;
    public const uint BuildLog = 0x1183;

    private static readonly Lazy<bool> Loaded = new(Load);

    /// <summary>There is a loader of OpenCL drivers.</summary>
    public static bool IsThere => Loaded.Value;

    // Held for as long as the program lasts.
    private static PosixSignalRegistration[] _signals = [];

    private static bool Load()
    {
        if (!NativeLibrary.TryLoad(Library, out _)) return false;
        // PoCL takes over SIGFPE, and then a division by zero in C# ends the process. It reads only the native
        // environment.
        _ = SetEnvironment("POCL_SIGFPE_HANDLER", "0", 1);
        // LLVM, which drivers compile with, takes over signals while it does, and passes them on to whom it found.
        // Where that is not the runtime yet, a SIGHUP ends the process however it is handled later. These change
        // nothing else.
        PosixSignal[] taken = [PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];
        _signals = Array.ConvertAll(taken, signal => PosixSignalRegistration.Create(signal, _ => { }));
        return true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport(Library, EntryPoint = "clGetPlatformIDs")]
    public static partial int GetPlatforms(uint most, nint* platforms, out uint count);

    [LibraryImport(Library, EntryPoint = "clGetPlatformInfo")]
    public static partial int GetPlatformInfo(nint platform, uint what, nuint bytes, void* value, out nuint size);

    [LibraryImport(Library, EntryPoint = "clGetDeviceIDs")]
    public static partial int GetDevices(nint platform, ulong type, uint most, nint* devices, out uint count);

    [LibraryImport(Library, EntryPoint = "clGetDeviceInfo")]
    public static partial int GetDeviceInfo(nint device, uint what, nuint bytes, void* value, out nuint size);

    [LibraryImport(Library, EntryPoint = "clCreateContext")]
    public static partial nint CreateContext(
        nint* properties, uint devices, nint* device, nint notify, nint data, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseContext")]
    public static partial int ReleaseContext(nint context);

    [LibraryImport(Library, EntryPoint = "clCreateCommandQueue")]
    public static partial nint CreateQueue(nint context, nint device, ulong properties, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseCommandQueue")]
    public static partial int ReleaseQueue(nint queue);

    [LibraryImport(Library, EntryPoint = "clCreateProgramWithSource")]
    public static partial nint CreateProgram(nint context, uint count, byte** texts, nuint* lengths, out int error);

    [LibraryImport(Library, EntryPoint = "clBuildProgram", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BuildProgram(
        nint program, uint devices, nint* device, string options, nint notify, nint data);

    [LibraryImport(Library, EntryPoint = "clGetProgramBuildInfo")]
    public static partial int GetBuildInfo(
        nint program, nint device, uint what, nuint bytes, void* value, out nuint size);

    [LibraryImport(Library, EntryPoint = "clReleaseProgram")]
    public static partial int ReleaseProgram(nint program);

    [LibraryImport(Library, EntryPoint = "clCreateKernel", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateKernel(nint program, string name, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseKernel")]
    public static partial int ReleaseKernel(nint kernel);

    [LibraryImport(Library, EntryPoint = "clSetKernelArg")]
    public static partial int SetArgument(nint kernel, uint argument, nuint bytes, void* value);

    [LibraryImport(Library, EntryPoint = "clCreateBuffer")]
    public static partial nint CreateBuffer(nint context, ulong flags, nuint bytes, void* host, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseMemObject")]
    public static partial int ReleaseBuffer(nint buffer);

    [LibraryImport(Library, EntryPoint = "clEnqueueWriteBuffer")]
    public static partial int EnqueueWrite(nint queue, nint buffer, uint blocking, nuint start, nuint bytes,
        void* from, uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clEnqueueReadBuffer")]
    public static partial int EnqueueRead(nint queue, nint buffer, uint blocking, nuint start, nuint bytes, void* to,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clEnqueueFillBuffer")]
    public static partial int EnqueueFill(nint queue, nint buffer, void* pattern, nuint patternBytes, nuint start,
        nuint bytes, uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clEnqueueCopyBuffer")]
    public static partial int EnqueueCopy(nint queue, nint from, nint to, nuint fromStart, nuint toStart, nuint bytes,
        uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clEnqueueMapBuffer")]
    public static partial void* EnqueueMap(nint queue, nint buffer, uint blocking, ulong flags, nuint start,
        nuint bytes, uint waits, nint* wait, nint* done, out int error);

    [LibraryImport(Library, EntryPoint = "clEnqueueUnmapMemObject")]
    public static partial int EnqueueUnmap(nint queue, nint buffer, void* mapped, uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clEnqueueNDRangeKernel")]
    public static partial int EnqueueKernel(nint queue, nint kernel, uint dimensions, nuint* offset, nuint* global,
        nuint* local, uint waits, nint* wait, nint* done);

    [LibraryImport(Library, EntryPoint = "clFlush")]
    public static partial int Flush(nint queue);

    [LibraryImport(Library, EntryPoint = "clFinish")]
    public static partial int Finish(nint queue);
}
