using Realtime.Cells;
using Realtime.Cells.Ensembles;
using Realtime.Cells.RollOuts;

namespace Realtime.Gpu;

/// <summary>An ensemble on a device: inputs go up once, all members step and are averaged there, and means come down.
/// </summary>
public sealed class GpuEnsembleEngine : EnsembleEngine
{
    private readonly IReadOnlyList<Model> _models;
    private readonly GpuContext _context;
    private readonly GpuEngine[] _members;
    private readonly GpuQueue _queue;
    private readonly ResidentWave _resident;
    private readonly StateSlabs?[] _used;

    /// <param name="models">At least 1, which fit together as <see cref="Ensemble.FaultIn"/> has it.</param>
    /// <param name="context">The device; it has to outlive the engine.</param>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    /// <exception cref="GpuException">The device or its driver refused.</exception>
    public GpuEnsembleEngine(IReadOnlyList<Model> models, GpuContext context)
        : this(models, context, Members(models, context))
    {
    }

    private GpuEnsembleEngine(IReadOnlyList<Model> models, GpuContext context, GpuEngine[] members)
        : base(models, members)
    {
        (_models, _context, _members) = (models, context, members);
        _queue = context.NewQueue();
        _resident = new ResidentWave(models, context, _queue);
        _used = new StateSlabs?[members.Length];
    }

    public override void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        _members[0].Check(rows, inputs, outputs);
        UseStates();
        int most = _resident.LargestLaunch, width = _models[0].NetworkInputCount, height = _models[0].OutputCount;
        for (int at = 0; at < rows.Length; at += most)
        {
            int n = Math.Min(most, rows.Length - at);
            _resident.Fit(n);
            Span<int> codes = _resident.Fill(n, inputs.Slice(at * width, n * width));
            for (int i = 0; i < n; i++) codes[i] = _used[0]!.CodeOf(rows[at + i]);
            _resident.Upload(n);
            _resident.Launch(n);
            _resident.Download(n);
            _queue.Finish();
            _resident.Read(outputs.Slice(at * height, n * height));
        }
    }

    public override IRollOut RollOut(Model? decoder = null)
    {
        RefuseDecoder(decoder);
        return new GpuRollOut(new FeedBack(_models[0]), _context, _members, _models);
    }

    protected override void Dispose(bool disposing)
    {
        _resident.Dispose();
        _queue.Dispose();
        base.Dispose(disposing);
    }

    // Slabs of as many rows each, so that a row has the same code in all.
    private static GpuEngine[] Members(IReadOnlyList<Model> models, GpuContext context)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(context);
        long largest = models.Max(model => Math.Max(8, (model.StateFloats + 7) / 8 * 8)) * (long)sizeof(float);
        int most = (int)Math.Min(int.MaxValue, context.LargestAllocation / largest);
        return [.. models.Select(model =>
            new GpuEngine(model, context, context.TileBytes, context.LargestGroup, most))];
    }

    private void UseStates()
    {
        for (int i = 0; i < _members.Length; i++)
        {
            StateSlabs states = _members[i].Settled(areToChange: true);
            if (_members[i].Rows == 0) continue;
            _used[i] = states;
            _resident.Use(i, states);
        }
    }
}
