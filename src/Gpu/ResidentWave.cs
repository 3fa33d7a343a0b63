using Realtime.Cells;

namespace Realtime.Gpu;

/// <summary>
/// A wave that several models step one after the other without going back to the host: the same inputs for all, and the
/// mean of their outputs. One model is an ensemble of one.
/// </summary>
internal sealed unsafe class ResidentWave : IDisposable
{
    // Groups of the kernels that go over streams.
    private const int Units = 32;
    private const int Parts = 4;

    // Arguments of the kernel that averages.
    private const int Height = 3;
    private const int Place = 4;
    private const int Share = 5;

    private readonly GpuQueue _queue;
    private readonly Member[] _members;
    private readonly GpuKernel _average;
    private readonly Staging _wave;
    private readonly Staging _outputs;
    private readonly int _inputs;
    private readonly int _height;

    /// <param name="models">Networks that take all their inputs at once, of the same inputs and outputs.</param>
    /// <param name="context">The device.</param>
    /// <param name="queue">Takes all commands.</param>
    public ResidentWave(IReadOnlyList<Model> models, GpuContext context, GpuQueue queue)
    {
        _queue = queue;
        (_inputs, _height) = (models[0].NetworkInputCount, models[0].OutputCount);
        _members = [.. models.Select(model => new Member(
            new StepKernels(model, context, queue, context.TileBytes, context.LargestGroup)))];
        _average = queue.Kernel(KernelVariant.Many, "average");
        _average.Set(Height, _height);
        _average.Set(Share, BitConverter.SingleToInt32Bits(1f / models.Count));
        _wave = new Staging(queue);
        _outputs = new Staging(queue);
    }

    /// <summary>The most rows of a wave.</summary>
    public int LargestLaunch => _members.Min(member => member.Kernels.LargestLaunch);

    /// <summary>On the device: n, three unused, codes of rows [n], inputs [n, width].</summary>
    public GpuBuffer Wave => _wave.Device;

    /// <summary>On the device: the mean outputs [n, height].</summary>
    public GpuBuffer Outputs => _outputs.Device;

    public int RowStride(int member) => _members[member].Kernels.RowStride;

    /// <returns>The memory is another than before.</returns>
    public bool Fit(int rows)
    {
        if (!(_wave.Fit(UpBytes(rows)) | _outputs.Fit(DownBytes(rows)))) return false;
        foreach (Member member in _members)
        {
            // That of the first one is where the mean will be, in an ensemble of one.
            if (_members.Length == 1)
            {
                member.Kernels.Use(_wave.Device, _outputs.Device);
                continue;
            }

            member.Outputs?.Dispose();
            member.Outputs = _queue.Allocate(_outputs.Device.Bytes);
            member.Kernels.Use(_wave.Device, member.Outputs);
        }

        _average.Set(0, _wave.Device);
        _average.Set(2, _outputs.Device);
        return true;
    }

    /// <summary>The states that a member steps.</summary>
    public void Use(int member, StateSlabs states) => _members[member].Kernels.Use(states);

    /// <summary>Fills the host's side: the rows' codes, their inputs.</summary>
    public Span<int> Fill(int rows, ReadOnlySpan<float> inputs)
    {
        int* wave = (int*)_wave.Host;
        wave[0] = rows;
        inputs.CopyTo(new Span<float>(wave + StepKernels.WaveHeader + rows, inputs.Length));
        return new Span<int>(wave + StepKernels.WaveHeader, rows);
    }

    public void Upload(int room) => _wave.Upload(UpBytes(room));

    /// <summary>One step of all members, and the mean of their outputs.</summary>
    /// <param name="room">At least the wave's rows.</param>
    public void Launch(int room)
    {
        for (int i = 0; i < _members.Length; i++)
        {
            _members[i].Kernels.Launch(room);
            if (_members.Length == 1) return;
            _average.Set(1, _members[i].Outputs!);
            _average.Set(Place, i == 0 ? 0 : i < _members.Length - 1 ? 1 : 2);
            _queue.Launch(_average, (room + Parts - 1) / Parts, Units, Parts);
        }
    }

    public void Download(int room) => _outputs.Download(DownBytes(room));

    /// <summary>What was downloaded.</summary>
    public void Read(Span<float> outputs) => new ReadOnlySpan<float>(_outputs.Host, outputs.Length).CopyTo(outputs);

    public void Dispose()
    {
        foreach (Member member in _members)
        {
            member.Kernels.Dispose();
            member.Outputs?.Dispose();
        }

        _average.Dispose();
        _wave.Dispose();
        _outputs.Dispose();
    }

    private long UpBytes(int rows) => (StepKernels.WaveHeader + (long)rows * (1 + _inputs)) * sizeof(int);

    private long DownBytes(int rows) => (long)rows * _height * sizeof(float);

    private sealed class Member(StepKernels kernels)
    {
        public StepKernels Kernels { get; } = kernels;
        public GpuBuffer? Outputs { get; set; }
    }
}
