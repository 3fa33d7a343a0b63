namespace Realtime.Gpu.Cuda;

/// <summary>A CUDA graph, ready to be launched.</summary>
internal sealed class CudaRecording(CudaContext context, nint executable, nint stream) : GpuRecording
{
    private nint _executable = executable;

    public override void Start()
    {
        context.Enter();
        CudaError.Check(CudaNative.LaunchGraph(_executable, stream), "launching a graph");
    }

    public override void Dispose()
    {
        if (_executable == 0) return;
        context.Enter();
        _ = CudaNative.DestroyExecutable(_executable);
        _executable = 0;
    }
}
