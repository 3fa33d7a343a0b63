using System.Text.Json;
using System.Text.Json.Serialization;
using Realtime.Cells;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>One recorded quantity of a shape: whose it is, its name and its length.</summary>
public sealed record ShapeSlot(string Owner, string Name, int Length);

/// <summary>
/// What a stream of a model is made of; two models of equal shapes can take over each other's states.
/// </summary>
public sealed record ModelShape
{
    public required string Name { get; init; }

    /// <summary>SHA-256 of the model file.</summary>
    public required string Digest { get; init; }

    public required IReadOnlyList<string> Patterns { get; init; }
    public required IReadOnlyList<string> Inputs { get; init; }
    public required IReadOnlyList<ShapeSlot> State { get; init; }
    public required IReadOnlyList<ShapeSlot> Memory { get; init; }
    public required int PredictionCount { get; init; }

    /// <summary>What steps it; journals of earlier versions know of one for all models alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Engine { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kernel { get; init; }

    /// <summary>What each stream learns for itself, by the kind of its numbers; null where nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ShapeSlot>? Learnt { get; init; }

    /// <summary>Bytes of all that, what lies between and the monitor behind it included.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int LearntBytes { get; init; }

    /// <summary>The adaptive head in force, the configuration's word included; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AdaptOptions? Adapt { get; init; }

    /// <summary>Another model is warming up to take its place: its predictions are flagged.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HasSuccessor { get; init; }

    [JsonIgnore]
    public int StateFloats => State.Sum(static slot => slot.Length);
    [JsonIgnore]
    public int MemoryDoubles => Memory.Sum(static slot => slot.Length);

    public static ModelShape Of(ModelHost host) => new()
    {
        Name = host.Name,
        Digest = host.Model.Digest,
        Patterns = host.Patterns,
        Inputs = host.Model.Inputs,
        State = [.. host.Model.StateSlots.Select(static slot => new ShapeSlot(slot.Layer, slot.Name, slot.Length))],
        Memory = [.. host.Preprocessor.Slots.Select(static slot => new ShapeSlot("", slot.Name, slot.Length))],
        PredictionCount = host.Model.PredictionCount,
        Engine = host.Engine.Name,
        Kernel = host.Engine.Kernel,
        Learnt = host.Online?.Slots.Select(
            static slot => new ShapeSlot(slot.Type.ToString().ToLowerInvariant(), slot.Name, slot.Count)).ToArray(),
        LearntBytes = host.LearntBytes,
        Adapt = host.Model.Adapt,
        HasSuccessor = host.HasSuccessor,
    };

    /// <summary>Why a stream of this shape can't go on in another; null where it can.</summary>
    public string? Unlike(ModelShape other)
    {
        if (!Inputs.SequenceEqual(other.Inputs))
            return $"inputs {string.Join(" ", Inputs)} became {string.Join(" ", other.Inputs)}";
        if (!State.SequenceEqual(other.State))
            return $"hidden state {Text(State)} became {Text(other.State)}";
        return Memory.SequenceEqual(other.Memory) ? null
            : $"normalisation {Text(Memory)} became {Text(other.Memory)}";
    }

    /// <summary>Why a stream of this shape, which can go on in another, learns anew there; null where it does not.
    /// </summary>
    public string? LearnsUnlike(ModelShape other)
    {
        if (LearntBytes == other.LearntBytes && (Learnt ?? []).SequenceEqual(other.Learnt ?? []))
            return null;
        return Learnt is null ? "nothing was learnt before"
            : other.Learnt is null ? "nothing is learnt any more"
            : $"{LearntBytes} learnt bytes of {TextOf(Adapt)} became {other.LearntBytes} of {TextOf(other.Adapt)}";
    }

    /// <summary>It takes the same steps: the same file, and the same head that learns.</summary>
    public bool IsSame(ModelShape other) => Digest == other.Digest && Adapt == other.Adapt;

    /// <summary>An adaptive head in words.</summary>
    public static string TextOf(AdaptOptions? adapt)
    {
        if (adapt is null)
            return "no adaptive head";
        var features = adapt.WithInputs ? "hidden+inputs" : "hidden";
        return FormattableString.Invariant(
            $"rls with forgetting {adapt.Forgetting}, ridge {adapt.Ridge}, {features}");
    }

    private static string Text(IReadOnlyList<ShapeSlot> slots) => string.Join(
        " ", slots.Select(static slot => $"{slot.Owner} {slot.Name}[{slot.Length}]".TrimStart()));
}

/// <summary>
/// What the bits of recorded frames depend on beside the records: models, engine and kernel. It heads every segment of
/// the journal and every snapshot.
/// </summary>
public sealed record Setup
{
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public required string Version { get; init; }

    /// <summary>Of the first model; each has its own.</summary>
    public required string Engine { get; init; }

    public required string Kernel { get; init; }

    /// <summary>Of the processor's kernels.</summary>
    public required int KernelVersion { get; init; }

    public required IReadOnlyList<ModelShape> Models { get; init; }

    public static Setup Of(IReadOnlyList<ModelHost> models, string version) => new()
    {
        Version = version,
        Engine = models[0].Engine.Name,
        Kernel = models[0].Engine.Kernel,
        KernelVersion = Kernels.Version,
        Models = [.. models.Select(ModelShape.Of)],
    };

    /// <summary>Why the same records may give other bits under another setup; empty where they can't.</summary>
    public IReadOnlyList<string> Differences(Setup now)
    {
        var differences = TextsOf(EngineChanges(now), now);
        foreach (var model in Models)
        {
            var other = now.Models.FirstOrDefault(one => one.Name == model.Name);
            if (other is null)
                differences.Add($"model {model.Name} is gone");
            else if (other.Digest != model.Digest)
                differences.Add($"model {model.Name} with digest {model.Digest} became {other.Digest}");
            else if (other.Adapt != model.Adapt)
                differences.Add($"model {model.Name} with {ModelShape.TextOf(model.Adapt)} became one with "
                    + ModelShape.TextOf(other.Adapt));
        }

        return differences;
    }

    /// <summary>Models of both that are stepped by another engine or kernel now.</summary>
    public IReadOnlyList<EngineChange> EngineChanges(Setup now)
    {
        var changes = new List<EngineChange>();
        foreach (var model in Models)
        {
            var (was, other) = (Text(model), now.Models.FirstOrDefault(one => one.Name == model.Name));
            if (other is not null && now.Text(other) is var isNow && was != isNow)
                changes.Add(new EngineChange(model.Name, was, isNow));
        }

        return changes;
    }

    /// <summary>As JSON, which readers in other languages have at hand.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Form);

    /// <exception cref="InvalidDataException">The bytes are no description; the message says why.</exception>
    public static Setup Read(ReadOnlySpan<byte> description)
    {
        try
        {
            var setup = JsonSerializer.Deserialize<Setup>(description, Form)
                ?? throw new InvalidDataException("the description is null");
            return setup with { Models = [.. setup.Models.Select(setup.WithEngine)] };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the description is not what this version writes: {e.Message}", e);
        }
    }

    // Models of an earlier version's description were all stepped by the same.
    private ModelShape WithEngine(ModelShape model) =>
        model.Engine is null ? model with { Engine = Engine, Kernel = Kernel } : model;

    private string Text(ModelShape model) => $"{model.Engine}/{model.Kernel} version {KernelVersion}";

    // Models are named where they went different ways.
    private static List<string> TextsOf(IReadOnlyList<EngineChange> changes, Setup now)
    {
        var isOne = changes.Count == now.Models.Count
            && changes.DistinctBy(static change => (change.From, change.To)).Count() == 1;
        return isOne ? [changes[0].ToString()]
            : [.. changes.Select(static change => $"model {change.Model}: {change}")];
    }
}
