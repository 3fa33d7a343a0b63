using static Realtime.Gpu.OpenCl.OpenClNative;

namespace Realtime.Gpu.OpenCl;

/// <summary>A command queue in order.</summary>
internal sealed unsafe class OpenClQueue : GpuQueue
{
    private readonly OpenClContext _context;
    private nint _handle;

    public OpenClQueue(OpenClContext context)
    {
        _context = context;
        _handle = CreateQueue(context.Handle, context.DeviceHandle, 0, out int error);
        OpenClError.Check(error, "creating a queue");
    }

    public override GpuBuffer Allocate(long bytes)
    {
        bytes = Math.Max(bytes, 16) + 15 & ~15L;
        nint buffer = CreateBuffer(_context.Handle, ReadWrite, (nuint)bytes, null, out int error);
        OpenClError.Check(error, $"allocating {bytes} bytes");
        ulong zero = 0;
        OpenClError.Check(
            EnqueueFill(_handle, buffer, &zero, sizeof(ulong), 0, (nuint)bytes, 0, null, null), "clearing memory");
        return new Buffer(buffer, bytes);
    }

    public override PinnedMemory Pin(long bytes) => new Pinned(this, Math.Max(bytes, 16));

    public override GpuKernel Kernel(KernelVariant variant, string name)
    {
        nint kernel = CreateKernel(_context.Program(variant), name, out int error);
        OpenClError.Check(error, $"finding kernel {name}");
        return new Function(kernel);
    }

    public override void Upload(GpuBuffer to, PinnedMemory from, long at, long bytes) => OpenClError.Check(
        EnqueueWrite(_handle, ((Buffer)to).Handle, 0, 0, (nuint)bytes, from.Pointer + at, 0, null, null),
        "copying up");

    public override void Download(PinnedMemory to, long at, GpuBuffer from, long start, long bytes) =>
        OpenClError.Check(
            EnqueueRead(_handle, ((Buffer)from).Handle, 0, (nuint)start, (nuint)bytes, to.Pointer + at, 0, null, null),
            "copying down");

    public override void Copy(GpuBuffer to, GpuBuffer from) => OpenClError.Check(
        EnqueueCopy(
            _handle, ((Buffer)from).Handle, ((Buffer)to).Handle, 0, 0, (nuint)from.Bytes, 0, null, null),
        "copying");

    public override void Launch(GpuKernel kernel, int groups, int units, int parts)
    {
        nuint* global = stackalloc nuint[] { (nuint)groups * (nuint)units, (nuint)parts };
        nuint* local = stackalloc nuint[] { (nuint)units, (nuint)parts };
        OpenClError.Check(
            EnqueueKernel(_handle, ((Function)kernel).Handle, 2, null, global, local, 0, null, null), "a launch");
    }

    public override void Flush() => OpenClError.Check(OpenClNative.Flush(_handle), "beginning");

    public override void Finish() => OpenClError.Check(OpenClNative.Finish(_handle), "waiting");

    public override void Dispose()
    {
        if (_handle == 0) return;
        _ = ReleaseQueue(_handle);
        _handle = 0;
    }

    private sealed class Buffer(nint handle, long bytes) : GpuBuffer(bytes)
    {
        public nint Handle { get; private set; } = handle;

        public override void Dispose()
        {
            if (Handle == 0) return;
            _ = ReleaseBuffer(Handle);
            Handle = 0;
        }
    }

    // A buffer in the host's memory that stays mapped.
    private sealed class Pinned : PinnedMemory
    {
        private readonly OpenClQueue _queue;
        private nint _buffer;

        public Pinned(OpenClQueue queue, long bytes)
            : base(bytes)
        {
            _queue = queue;
            _buffer = CreateBuffer(
                queue._context.Handle, ReadWrite | InHostMemory, (nuint)bytes, null, out int error);
            OpenClError.Check(error, $"allocating {bytes} bytes of host memory");
            Pointer = (byte*)EnqueueMap(
                queue._handle, _buffer, 1, MapForAll, 0, (nuint)bytes, 0, null, null, out error);
            OpenClError.Check(error, "mapping host memory");
        }

        public override void Dispose()
        {
            if (_buffer == 0) return;
            _ = EnqueueUnmap(_queue._handle, _buffer, Pointer, 0, null, null);
            _ = OpenClNative.Finish(_queue._handle);
            _ = ReleaseBuffer(_buffer);
            _buffer = 0;
            Pointer = null;
        }
    }

    private sealed class Function(nint handle) : GpuKernel
    {
        public nint Handle { get; private set; } = handle;

        public override void Set(int argument, GpuBuffer buffer)
        {
            nint memory = ((Buffer)buffer).Handle;
            OpenClError.Check(SetArgument(Handle, (uint)argument, (nuint)sizeof(nint), &memory), "setting an argument");
        }

        public override void Set(int argument, int value) =>
            OpenClError.Check(SetArgument(Handle, (uint)argument, sizeof(int), &value), "setting an argument");

        public override void SetTile(int argument, int bytes) => OpenClError.Check(
            SetArgument(Handle, (uint)argument, (nuint)bytes, null), "asking for a group's memory");

        public override void Dispose()
        {
            if (Handle == 0) return;
            _ = ReleaseKernel(Handle);
            Handle = 0;
        }
    }
}
