using System.Runtime.InteropServices;

namespace Realtime.Gpu.Cuda;

/// <summary>A function of a module, with room for its arguments: 8 bytes each, and a pointer to each.</summary>
internal sealed unsafe class CudaFunction : GpuKernel
{
    private const int Most = 24;

    private ulong* _values;

    public CudaFunction(nint handle)
    {
        Handle = handle;
        _values = (ulong*)NativeMemory.AllocZeroed(2 * Most, sizeof(ulong));
        Arguments = (void**)(_values + Most);
        for (int i = 0; i < Most; i++) Arguments[i] = _values + i;
    }

    public nint Handle { get; }

    /// <summary>As a launch takes them.</summary>
    public void** Arguments { get; }

    public int TileBytes { get; private set; }

    public override void Set(int argument, GpuBuffer buffer) => *At(argument) = ((CudaBuffer)buffer).Memory;

    public override void Set(int argument, int value) => *(int*)At(argument) = value;

    // Not an argument here: it is a part of every launch.
    public override void SetTile(int argument, int bytes)
    {
        TileBytes = bytes;
        CudaError.Check(
            CudaNative.SetFunctionAttribute(Handle, CudaNative.TileBytesOfFunction, bytes),
            "asking for a group's memory");
    }

    public override void Dispose()
    {
        NativeMemory.Free(_values);
        _values = null;
    }

    private ulong* At(int argument)
    {
        ObjectDisposedException.ThrowIf(_values is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)argument, (uint)Most);
        return _values + argument;
    }
}
