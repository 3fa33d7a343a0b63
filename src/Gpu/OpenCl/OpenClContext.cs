using System.Text;

namespace Realtime.Gpu.OpenCl;

/// <summary>A device of an OpenCL platform; kernels are compiled by its driver when they are first asked for.</summary>
internal sealed unsafe class OpenClContext : GpuContext
{
    // A processor takes the items of a group one after the other, and compiles the kernels for every size of group.
    private const ulong LargestCpuGroup = 64;

    private readonly OncePerVariant _programs;
    private bool _disposed;

    public OpenClContext(GpuDevice device)
        : base(device)
    {
        _programs = new OncePerVariant(Build);
        if (!OpenClNative.IsThere) throw new GpuException("OpenCL: no libOpenCL.so.1");
        nint handle = OpenClDevices.Handle(device);
        TileBytes = (int)Math.Min(OpenClDevices.Number(handle, OpenClNative.DeviceLocalMemory), 48 << 10);
        ComputeUnits = (int)OpenClDevices.Number(handle, OpenClNative.DeviceComputeUnits);
        LargestAllocation = (long)Math.Min(
            OpenClDevices.Number(handle, OpenClNative.DeviceLargestAllocation), long.MaxValue);
        LargestGroup = (int)Math.Min(OpenClDevices.Number(handle, OpenClNative.DeviceLargestGroup),
            device.IsCpu ? LargestCpuGroup : 1024UL);
        Handle = OpenClNative.CreateContext(null, 1, &handle, 0, 0, out int error);
        OpenClError.Check(error, "creating a context");
        DeviceHandle = handle;
    }

    /// <summary>More options of the compiler, for tests that plant faults.</summary>
    internal string ExtraDefinitions { get; init; } = "";

    internal nint Handle { get; }
    internal nint DeviceHandle { get; }
    internal override int TileBytes { get; }
    internal override int ComputeUnits { get; }
    internal override long LargestAllocation { get; }
    internal override int LargestGroup { get; }

    internal override GpuQueue NewQueue()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new OpenClQueue(this);
    }

    /// <summary>The compiled source; compiled once for each variant.</summary>
    internal nint Program(KernelVariant variant) => _programs.Of(variant);

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        foreach (nint program in _programs.All) _ = OpenClNative.ReleaseProgram(program);
        _ = OpenClNative.ReleaseContext(Handle);
    }

    private nint Build(KernelVariant variant)
    {
        byte[] source = KernelVariant.Source;
        nint program, device = DeviceHandle;
        fixed (byte* text = source)
        {
            byte* first = text;
            var length = (nuint)source.Length;
            program = OpenClNative.CreateProgram(Handle, 1, &first, &length, out int error);
            OpenClError.Check(error, "reading the kernels");
        }

        // Oclgrind does not know all that its own compiler makes of that.
        string rolled = Device.IsCpu && !Device.Is("oclgrind") ? " -DROLLED" : "";
        string options = $"-cl-std=CL1.2 {variant.Definitions}{rolled} {ExtraDefinitions}".TrimEnd();
        int status = OpenClNative.BuildProgram(program, 1, &device, options, 0, 0);
        if (status == OpenClNative.Success) return program;
        string log = FirstLine(Log(program));
        _ = OpenClNative.ReleaseProgram(program);
        throw new GpuException($"OpenCL: {Device.Name} did not compile the kernels (status {status}): {log}");
    }

    private string Log(nint program)
    {
        if (OpenClNative.GetBuildInfo(program, DeviceHandle, OpenClNative.BuildLog, 0, null, out nuint size) != 0)
            return "";
        var bytes = new byte[size];
        fixed (byte* first = bytes)
            _ = OpenClNative.GetBuildInfo(program, DeviceHandle, OpenClNative.BuildLog, size, first, out _);
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }

    private static string FirstLine(string log) =>
        (log.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal))
            ?? log.Split('\n')[0]).Trim();
}
