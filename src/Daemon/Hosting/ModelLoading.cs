using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Hosting;

/// <summary>A model of the configuration, read and checked.</summary>
/// <param name="Options">Its name, file and patterns.</param>
/// <param name="Model">What the file says.</param>
public sealed record LoadedModel(ModelOptions Options, Model Model);

/// <summary>The configured models and the engine they run on.</summary>
/// <exception cref="StartException">What is wrong with the configuration or a model.</exception>
public static class ModelLoading
{
    private const string BuiltIn = "default";

    // The most values of a tick that it serves.
    private const int BuiltInValues = 8;

    private const string BuiltInResource = "Realtime.Daemon.Models.default.safetensors";

    /// <summary>Reads every model; without any configured, the built-in one serves every stream, as
    /// "default" those of one value, as "default-2" those of two, and so on.</summary>
    /// <param name="options">Which they are.</param>
    /// <param name="origins">Where each setting stands, so that a fault can say so; null where nobody knows.</param>
    public static IReadOnlyList<LoadedModel> LoadAll(
        RealtimeOptions options, IReadOnlyDictionary<string, string>? origins = null)
    {
        if (options.Models is null)
            return LoadBuiltIn(options.Streams.Adapt);
        var loaded = new List<LoadedModel>();
        var faults = new List<string>();
        foreach (var (i, model) in options.Models.Index())
        {
            try
            {
                loaded.Add(new LoadedModel(model, Model.Load(model.File)));
                loaded[^1] = Adapted(loaded[^1], model.Adapt, options.Streams.Adapt);
            }
            catch (AdaptException e)
            {
                var place = origins?.GetValueOrDefault($"models[{i}].adapt") is { } origin ? origin + ": " : "";
                faults.Add($"{place}model {model.Name}: adapt: {e.Message}");
            }
            catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
            {
                var place = origins?.GetValueOrDefault($"models[{i}].file") is { } origin ? origin + ": " : "";
                faults.Add($"{place}model {model.Name}: {e.Message}");
            }
        }

        return faults.Count == 0 ? loaded : throw new StartException(ExitCode.Configuration, faults);
    }

    // The model's own setting can't be wrong in silence; that of all streams is for those models that can adapt.
    private static LoadedModel Adapted(LoadedModel loaded, AdaptOverride? own, AdaptOverride? ofAll)
    {
        var (model, adapt) = (loaded.Model, own ?? ofAll);
        if (adapt is null)
            return loaded;
        if (model.AdaptFault is { } fault && !adapt.IsNone)
            return own is null ? loaded : throw new AdaptException(fault);
        return loaded with { Model = model.WithAdapt(adapt.Over(model.Adapt)) };
    }

    // One for streams of one value, and for several the same applied to each value by itself.
    private static LoadedModel[] LoadBuiltIn(AdaptOverride? adapt)
    {
        var one = ReadBuiltIn();
        return [.. Enumerable.Range(1, BuiltInValues).Select(values => Adapted(
            new LoadedModel(
                new ModelOptions { Name = values == 1 ? BuiltIn : $"{BuiltIn}-{values}", File = "built-in" },
                one.Each(values)),
            null, adapt))];
    }

    /// <summary>A model ready to serve, without streams.</summary>
    public static ModelHost MakeHost(LoadedModel model, string kernel, int threads) =>
        MakeHost(model, new CpuEngine(model.Model, kernel, threads));

    /// <summary>The same, with an engine that was made for it.</summary>
    public static ModelHost MakeHost(LoadedModel model, IStepEngine engine) => new(
        model.Options.Name, model.Model, engine, model.Options.Streams)
    {
        WarmTicks = model.Options.WarmTicks,
    };

    /// <summary>The model shipped with the program.</summary>
    public static Model ReadBuiltIn()
    {
        using var resource = typeof(ModelLoading).Assembly.GetManifestResourceStream(BuiltInResource)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return Model.Read(bytes, "built-in model");
    }

    private sealed class AdaptException(string message) : Exception(message);

    /// <summary>The CPU kernel to run; refuses one that this machine does not have.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="notice">Something the operator should know; null where there is nothing.</param>
    public static string ChooseKernel(EngineOptions options, out string? notice)
    {
        notice = null;
        if (options.Threads > Environment.ProcessorCount)
        {
            notice = $"engine.threads {options.Threads}: this machine has {Environment.ProcessorCount} processors";
        }

        try
        {
            return Kernels.Resolve(options.Kernel);
        }
        catch (ArgumentException e)
        {
            throw new StartException(ExitCode.Configuration, [$"engine.kernel: {e.Message}"]);
        }
    }
}
