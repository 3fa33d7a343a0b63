using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Recovery;

/// <summary>A model given for a replay.</summary>
/// <param name="Name">Whose place it takes; null where that is clear without.</param>
/// <param name="Loaded">It, and where it is from.</param>
public sealed record GivenModel(string? Name, LoadedModel Loaded)
{
    /// <param name="text">FILE or NAME=FILE.</param>
    /// <exception cref="StartException">There is no such file, or it holds no model.</exception>
    public static GivenModel Load(string text)
    {
        var cut = File.Exists(text) ? -1 : text.IndexOf('=', StringComparison.Ordinal);
        var name = cut < 0 ? null : text[..cut];
        var file = text[(cut + 1)..];
        try
        {
            return new GivenModel(
                name, new LoadedModel(new ModelOptions { Name = name ?? "", File = file }, Model.Load(file)));
        }
        catch (ModelFormatException e)
        {
            throw new StartException(ExitCode.Configuration, [$"--model {text}: {e.Message}"]);
        }
    }
}

/// <summary>Finds the models that recorded frames were made with, and puts them to work again.</summary>
/// <param name="configured">Reads those of the configuration; asked only where one is missing.</param>
/// <param name="given">For this replay.</param>
/// <param name="threads">Threads that step a wave.</param>
public sealed class RecordedModels(
    Func<IReadOnlyList<LoadedModel>> configured, IReadOnlyList<GivenModel> given, int threads = 1)
{
    private readonly Dictionary<(string Engine, string Kernel), Engines?> _devices = [];
    private readonly Lazy<Model> _builtIn = new(ModelLoading.ReadBuiltIn);
    private readonly Lazy<IReadOnlyList<LoadedModel>> _configured = new(configured);

    /// <exception cref="StartException">A model is given that takes no recorded one's place.</exception>
    public void Check(IReadOnlyList<Setup> setups)
    {
        var names = setups.SelectMany(static setup => setup.Models.Select(static model => model.Name)).Distinct()
            .ToArray();
        var expected = $"expected NAME=FILE with one of {string.Join(", ", names)}";
        var faults = new List<string>();
        foreach (var (name, loaded) in given)
        {
            if (name is not null && !names.Contains(name))
                faults.Add($"--model {name}={loaded.Options.File}: found no such model in the journal, {expected}");
            else if (name is null && names.Length > 1 && !setups.Any(setup => Names(setup, loaded)))
                faults.Add($"--model {loaded.Options.File}: found no name, {expected}");
        }

        if (faults.Count != 0)
            throw new StartException(ExitCode.Usage, faults);
    }

    /// <summary>A world of the recorded models, without streams.</summary>
    /// <param name="setup">What they were recorded with.</param>
    /// <param name="kernel">Steps those whose own is not at hand.</param>
    /// <exception cref="StartException">One of them is not at hand.</exception>
    public World Make(Setup setup, string kernel) => MakeWorld(setup.Models.Select(
        shape => MakeHost(shape, AsRecorded(shape, Find(shape)), kernel)));

    /// <summary>The same with the models given in place of the recorded ones; null where none is.</summary>
    /// <param name="setup">What they were recorded with.</param>
    /// <param name="kernel">Steps those whose own is not at hand, or all.</param>
    /// <param name="engines">Steps them in place of that kernel where all are needed; null where there is none.</param>
    /// <param name="needed">All by that kernel, or by those engines.</param>
    /// <exception cref="StartException">One can't take the recorded ticks.</exception>
    public World? MakeOther(Setup setup, string kernel, Engines? engines, bool needed)
    {
        var models = setup.Models.Select(shape => Other(setup, shape) ?? AsRecorded(shape, Find(shape))).ToArray();
        var isOther = models.Zip(setup.Models).Any(static pair => pair.First.Digest != pair.Second.Digest);
        return !isOther && !needed ? null : MakeWorld(models.Zip(
            setup.Models, (model, shape) => MakeHost(shape, model, kernel, needed, engines)));
    }

    private static World MakeWorld(IEnumerable<ModelHost> hosts) =>
        new([.. hosts], new LoopOptions { StreamsMax = StreamTable.RowsMax }, new NoJournal(), epoch: 0);

    // Recorded bits come only from what they were recorded on.
    private ModelHost MakeHost(
        ModelShape shape, Model model, string kernel, bool isForAll = false, Engines? engines = null)
    {
        var device = isForAll ? engines : DeviceOf(shape);
        var own = !isForAll && Kernels.Available.Contains(shape.Kernel) ? shape.Kernel! : kernel;
        return ModelLoading.MakeHost(
            Loaded(shape, model), device?.Make(model) ?? new CpuEngine(model, own, threads));
    }

    private static LoadedModel Loaded(ModelShape shape, Model model) => new(
        new ModelOptions { Name = shape.Name, File = "recorded", Streams = shape.Patterns }, model);

    // As the configuration had it then.
    private static Model AsRecorded(ModelShape shape, Model file) =>
        shape.Adapt is null || file.AdaptFault is null ? file.WithAdapt(shape.Adapt) : file;

    private static bool Names(Setup setup, LoadedModel model) =>
        setup.Models.Any(shape => shape.Digest == model.Model.Digest);

    // It serves until the program ends.
    private Engines? DeviceOf(ModelShape shape)
    {
        var key = (shape.Engine!, shape.Kernel!);
        if (!_devices.TryGetValue(key, out var device))
            _devices[key] = device = Engines.Recorded(key.Item1, key.Item2);
        return device;
    }

    private Model? Other(Setup setup, ModelShape shape)
    {
        var other = given.LastOrDefault(one => one.Name == shape.Name
            || one.Name is null && setup.Models.Count == 1 && !Names(setup, one.Loaded))?.Loaded;
        if (other is null || other.Model.Digest == shape.Digest)
            return null;
        var recorded = Find(shape);
        var fault = other.Model.Inputs.Count != recorded.Inputs.Count
            ? $"found inputs {string.Join(" ", other.Model.Inputs)}, expected as many as the recorded "
                + string.Join(" ", recorded.Inputs)
            : other.Model.Vocabulary is { } tokens && !(recorded.Vocabulary <= tokens)
                ? $"found a vocabulary of {tokens} tokens, the recorded model takes "
                    + (recorded.Vocabulary is { } most ? $"{most}" : "any number")
                : null;
        return fault is null ? other.Model
            : throw new StartException(ExitCode.Configuration, [$"--model {other.Options.File}: {fault}"]);
    }

    private Model Find(ModelShape shape)
    {
        if (_builtIn.Value.Digest == shape.Digest)
            return _builtIn.Value.Each(shape.Inputs.Count);
        var found = given.Select(static one => one.Loaded).FirstOrDefault(IsIt)
            ?? _configured.Value.FirstOrDefault(IsIt);
        return found?.Model ?? throw new StartException(
            ExitCode.Configuration,
            [$"model {shape.Name} with digest {shape.Digest}, which the journal was recorded with, is not at hand: "
                + $"name its file by --model {shape.Name}=FILE, or give the configuration that has it"]);

        bool IsIt(LoadedModel one) => one.Model.Digest == shape.Digest;
    }
}
