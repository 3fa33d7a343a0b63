using System.Collections.Concurrent;
using Realtime.Cells;
using Realtime.Cells.Ensembles;
using Realtime.Daemon.Configuration;
using Realtime.Gpu;

namespace Realtime.Daemon.Hosting;

/// <summary>
/// Makes what steps the models: engines of the processor or of one device. With <c>engine.kind: auto</c> each model
/// goes to the device where a full frame takes it less than half the time, which is measured once. Safe to share
/// between threads; the engines made have to be disposed of first.
/// </summary>
public sealed class Engines : IDisposable
{
    // A device has to be worth what a lone tick loses on the way there and back.
    private const double Gain = 2;

    private static readonly TimeSpan Measuring = TimeSpan.FromMilliseconds(50);

    private readonly EngineKind _kind;
    private readonly int _threads;
    private readonly int _rows;
    private readonly GpuContext? _context;
    private readonly ConcurrentDictionary<(string Digest, int Copies), Choice> _choices = new();

    private Engines(EngineKind kind, string kernel, int threads, int rows, GpuContext? context, string? notice)
    {
        (_kind, CpuKernel, _threads, _rows, _context, Notice) = (kind, kernel, threads, rows, context, notice);
    }

    /// <summary>The kernel of engines on the processor.</summary>
    public string CpuKernel { get; }

    /// <summary>Something the operator should know; null where there is nothing.</summary>
    public string? Notice { get; }

    /// <summary>Engines of the processor alone.</summary>
    public static Engines OfCpu(string kernel, int threads) => new(EngineKind.Cpu, kernel, threads, 0, null, null);

    /// <summary>Those that the options ask for, on this machine.</summary>
    /// <param name="options">Kind, device and kernel.</param>
    /// <param name="failure">What a device said when it failed lately; <c>auto</c> takes none then. Null where none
    /// did.</param>
    /// <exception cref="StartException">There is no such kernel, or no such device.</exception>
    public static Engines Choose(RealtimeOptions options, string? failure = null)
    {
        var kernel = ModelLoading.ChooseKernel(options.Engine, out var notice);
        var (kind, rows) = (options.Engine.Kind, Math.Min(options.Frame.MaxTicks, options.Streams.Max));
        if (kind == EngineKind.Cpu)
            return new Engines(kind, kernel, options.Engine.Threads, rows, null, notice);
        if (failure is not null && kind == EngineKind.Auto)
        {
            var why = $"a device failed before this start: {failure}";
            return new Engines(kind, kernel, options.Engine.Threads, rows, null, Join(notice, why)) { NoDevice = why };
        }

        var search = GpuDevices.Find(options.Engine.Device);
        var reason = search.Reason;
        GpuContext? context = null;
        if (search.Chosen is { } device)
        {
            try
            {
                context = GpuDevices.Open(device);
            }
            catch (GpuException e)
            {
                reason = e.Message;
            }
        }

        if (context is null && kind == EngineKind.Gpu)
            throw new StartException(ExitCode.Configuration, [$"engine.kind: gpu, but {reason}"]);
        if (context is null && options.Engine.Device is { } named)
            notice = Join(notice, $"engine.device {named} is not used: {reason}");
        return new Engines(kind, kernel, options.Engine.Threads, rows, context, notice) { NoDevice = reason };
    }

    /// <summary>Engines on the device that a journal was recorded on; null where it is not at hand.</summary>
    public static Engines? Recorded(string engine, string kernel)
    {
        var device = engine == "gpu"
            ? GpuDevices.Find(null).Devices.FirstOrDefault(device => GpuEngine.KernelOf(device) == kernel)
            : null;
        try
        {
            return device is null ? null
                : new Engines(EngineKind.Gpu, Kernels.Resolve(Kernels.Auto), 1, 0, GpuDevices.Open(device), null);
        }
        catch (GpuException)
        {
            return null;
        }
    }

    /// <exception cref="StartException">The device was asked for, and fails or computes something else.</exception>
    public IStepEngine Make(Model model) =>
        ChoiceFor(model).IsGpu ? new GpuEngine(model, _context!) : MakeCpu(model);

    /// <summary>An engine of several models as one: on the device where each of them is.</summary>
    /// <exception cref="ArgumentException">They do not fit together.</exception>
    /// <exception cref="StartException">As of <see cref="Make"/>.</exception>
    public IStepEngine MakeEnsemble(IReadOnlyList<Model> models) => models.All(model => ChoiceFor(model).IsGpu)
        ? new GpuEnsembleEngine(models, _context!) : new EnsembleEngine(models, [.. models.Select(MakeCpu)]);

    /// <summary>What steps a model, in words: engine, kernel, device, and why where it was a choice.</summary>
    public string Describe(Model model)
    {
        var (isGpu, reason) = ChoiceFor(model);
        return isGpu ? $"gpu, {_context!.Device}{reason}" : $"cpu, kernel {CpuKernel}{reason}";
    }

    /// <summary>Why it is that one; null where it was no choice.</summary>
    public string? WhyFor(Model model) => ChoiceFor(model).Reason is { Length: > 0 } reason
        ? reason.Trim(' ', '(', ')') : null;

    /// <summary>Whether all engines made here are those of a recorded engine and kernel.</summary>
    public bool Are(string engine, string kernel) => _kind switch
    {
        EngineKind.Cpu => engine == "cpu" && kernel == CpuKernel,
        EngineKind.Gpu => engine == "gpu" && kernel == GpuEngine.KernelOf(_context!.Device),
        _ => false,
    };

    /// <summary>What is told of the engine of the first model.</summary>
    public (string Engine, string Kernel, string? Device) FactsOf(Model model) => ChoiceFor(model).IsGpu
        ? ("gpu", _context!.Device.Api, _context.Device.Name)
        : ("cpu", CpuKernel, null);

    public void Dispose() => _context?.Dispose();

    // Why there is no device.
    private string NoDevice { get; init; } = "";

    private static string Join(string? notice, string more) => notice is null ? more : $"{notice}; {more}";

    private CpuEngine MakeCpu(Model model) => new(model, CpuKernel, _threads);

    private Choice ChoiceFor(Model model) => _choices.GetOrAdd((model.Digest, model.Copies), _ => Try(model));

    private Choice Try(Model model)
    {
        if (_context is null)
            return new Choice(false, _kind == EngineKind.Auto ? $" ({NoDevice})" : "");
        try
        {
            using var cpu = MakeCpu(model);
            var trial = GpuTrial.Run(model, _context, cpu, _kind == EngineKind.Auto ? _rows : 0, Measuring);
            if (!(trial.Difference <= GpuTrial.Tolerance))
            {
                throw new GpuException(FormattableString.Invariant(
                    $"{_context.Device} is off by {trial.Difference:e1}, allowed {GpuTrial.Tolerance:e0}"));
            }

            return _kind == EngineKind.Gpu ? new Choice(true, "")
                : new Choice(Gain * trial.GpuNanoseconds <= trial.CpuNanoseconds, Text(trial));
        }
        catch (GpuException e) when (_kind == EngineKind.Auto)
        {
            return new Choice(false, $" ({e.Message})");
        }
        catch (GpuException e)
        {
            throw new StartException(ExitCode.Configuration, [$"engine.kind: gpu, but {e.Message}"]);
        }
    }

    private string Text(GpuTrial trial) => FormattableString.Invariant(
        $" ({_rows} streams: cpu {trial.CpuNanoseconds:0} ns each, {_context!.Device} {trial.GpuNanoseconds:0} ns)");

    private sealed record Choice(bool IsGpu, string Reason);
}
