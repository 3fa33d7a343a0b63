using static Realtime.Gpu.Cuda.CudaNative;

namespace Realtime.Gpu.Cuda;

/// <summary>A CUDA stream.</summary>
internal sealed unsafe class CudaQueue : GpuQueue
{
    private readonly CudaContext _context;
    private nint _stream;
    private bool _records = true;

    public CudaQueue(CudaContext context)
    {
        _context = context;
        context.Enter();
        CudaError.Check(CreateStream(out _stream, NonBlockingStream), "creating a stream");
    }

    public override GpuBuffer Allocate(long bytes)
    {
        _context.Enter();
        bytes = Math.Max(bytes, 16) + 15 & ~15L;
        CudaError.Check(CudaNative.Allocate(out ulong memory, (nuint)bytes), $"allocating {bytes} bytes");
        CudaError.Check(Fill(memory, 0, (nuint)(bytes / sizeof(uint)), _stream), "clearing memory");
        return new CudaBuffer(_context, memory, bytes);
    }

    public override PinnedMemory Pin(long bytes)
    {
        _context.Enter();
        return new CudaPinned(_context, Math.Max(bytes, 16));
    }

    public override GpuKernel Kernel(KernelVariant variant, string name)
    {
        _context.Enter();
        CudaError.Check(GetFunction(out nint function, _context.Module(variant), name), $"finding kernel {name}");
        return new CudaFunction(function);
    }

    public override void Upload(GpuBuffer to, PinnedMemory from, long at, long bytes)
    {
        _context.Enter();
        CudaError.Check(CopyUp(((CudaBuffer)to).Memory, from.Pointer + at, (nuint)bytes, _stream), "copying up");
    }

    public override void Download(PinnedMemory to, long at, GpuBuffer from, long start, long bytes)
    {
        _context.Enter();
        CudaError.Check(
            CopyDown(to.Pointer + at, ((CudaBuffer)from).Memory + (ulong)start, (nuint)bytes, _stream),
            "copying down");
    }

    public override void Copy(GpuBuffer to, GpuBuffer from)
    {
        _context.Enter();
        CudaError.Check(
            CopyWithin(((CudaBuffer)to).Memory, ((CudaBuffer)from).Memory, (nuint)from.Bytes, _stream), "copying");
    }

    public override void Launch(GpuKernel kernel, int groups, int units, int parts)
    {
        _context.Enter();
        var function = (CudaFunction)kernel;
        CudaError.Check(
            CudaNative.Launch(function.Handle, (uint)groups, 1, 1, (uint)units, (uint)parts, 1,
                (uint)function.TileBytes, _stream, function.Arguments, null),
            "a launch");
    }

    public override GpuRecording? Record(Action commands)
    {
        if (!_records) return null;
        _context.Enter();
        nint graph = 0;
        try
        {
            CudaError.Check(BeginCapture(_stream, RelaxedCapture), "recording");
            try
            {
                commands();
            }
            finally
            {
                CudaError.Check(EndCapture(_stream, out graph), "recording");
            }

            CudaError.Check(InstantiateGraph(out nint executable, graph, 0), "making a graph");
            return new CudaRecording(_context, executable, _stream);
        }
        catch (Exception e) when (e is GpuException or EntryPointNotFoundException)
        {
            // All works without; what is wrong will show there.
            _records = false;
            return null;
        }
        finally
        {
            if (graph != 0) _ = DestroyGraph(graph);
        }
    }

    public override void Finish()
    {
        _context.Enter();
        CudaError.Check(Synchronise(_stream), "waiting");
    }

    public override void Dispose()
    {
        if (_stream == 0) return;
        _context.Enter();
        _ = DestroyStream(_stream);
        _stream = 0;
    }
}
