using System.Runtime.InteropServices;

namespace Realtime.Gpu.Cuda;

/// <summary>
/// What is used of the CUDA driver, by its C API: CUDA Driver API, NVIDIA. Names with a version are those that
/// the driver exports. Nothing is loaded before the first call; <see cref="IsThere"/> has to be asked before that.
/// </summary>
internal static unsafe partial class CudaNative
{
    private const string Library = "libcuda.so.1";

    public const int Success = 0;
    public const int NoDevice = 100;
    public const int NotFound = 500;

    public const int Multiprocessors = 16;
    public const int ComputeMajor = 75;
    public const int LargestTileBytes = 97;
    public const int TileBytesOfFunction = 8;

    public const int MostRegisters = 0;
    public const int ErrorLog = 5;
    public const int ErrorLogBytes = 6;
    public const int NonBlockingStream = 1;
    public const int RelaxedCapture = 2;

    private static readonly Lazy<bool> Loaded = new(static () => NativeLibrary.TryLoad(Library, out _));

    /// <summary>There is a driver's library; whether it works is told by <see cref="Initialise"/>.</summary>
    public static bool IsThere => Loaded.Value;

    [LibraryImport(Library, EntryPoint = "cuInit")]
    public static partial int Initialise(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDriverGetVersion")]
    public static partial int GetVersion(out int version);

    [LibraryImport(Library, EntryPoint = "cuGetErrorName")]
    public static partial int GetErrorName(int error, out byte* name);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetCount")]
    public static partial int GetDeviceCount(out int count);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    public static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    public static partial int GetDeviceName(byte* name, int bytes, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    public static partial int GetDeviceMemory(out nuint bytes, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetAttribute")]
    public static partial int GetDeviceAttribute(out int value, int attribute, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial int RetainContext(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial int ReleaseContext(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxSetCurrent")]
    public static partial int SetCurrent(nint context);

    [LibraryImport(Library, EntryPoint = "cuModuleLoadDataEx")]
    public static partial int LoadModule(out nint module, byte* ptx, uint options, int* names, void** values);

    [LibraryImport(Library, EntryPoint = "cuModuleUnload")]
    public static partial int UnloadModule(nint module);

    [LibraryImport(Library, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetFunction(out nint function, nint module, string name);

    [LibraryImport(Library, EntryPoint = "cuFuncSetAttribute")]
    public static partial int SetFunctionAttribute(nint function, int attribute, int value);

    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    public static partial int Allocate(out ulong memory, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    public static partial int Free(ulong memory);

    [LibraryImport(Library, EntryPoint = "cuMemsetD32Async")]
    public static partial int Fill(ulong memory, uint value, nuint count, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemHostAlloc")]
    public static partial int AllocateHost(out byte* memory, nuint bytes, uint flags);

    [LibraryImport(Library, EntryPoint = "cuMemFreeHost")]
    public static partial int FreeHost(byte* memory);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static partial int CopyUp(ulong to, byte* from, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    public static partial int CopyDown(byte* to, ulong from, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    public static partial int CopyWithin(ulong to, ulong from, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamCreate")]
    public static partial int CreateStream(out nint stream, uint flags);

    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")]
    public static partial int DestroyStream(nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamSynchronize")]
    public static partial int Synchronise(nint stream);

    [LibraryImport(Library, EntryPoint = "cuLaunchKernel")]
    public static partial int Launch(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY,
        uint blockZ, uint tileBytes, nint stream, void** arguments, void** extra);

    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    public static partial int BeginCapture(nint stream, int mode);

    [LibraryImport(Library, EntryPoint = "cuStreamEndCapture")]
    public static partial int EndCapture(nint stream, out nint graph);

    [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
    public static partial int InstantiateGraph(out nint executable, nint graph, ulong flags);

    [LibraryImport(Library, EntryPoint = "cuGraphLaunch")]
    public static partial int LaunchGraph(nint executable, nint stream);

    [LibraryImport(Library, EntryPoint = "cuGraphDestroy")]
    public static partial int DestroyGraph(nint graph);

    [LibraryImport(Library, EntryPoint = "cuGraphExecDestroy")]
    public static partial int DestroyExecutable(nint executable);
}
