using System.Security.Cryptography;
using Realtime.Cells.Files;

namespace Realtime.Cells;

/// <summary>
/// One part of a stream's recurrent state: a layer's <c>h</c> or <c>c</c>, in floats from the state's start.
/// </summary>
public readonly record struct StateSlot(string Layer, string Name, int Offset, int Length);

/// <summary>
/// A model as its file describes it: a chain normalise → [embedding] → recurrent, dense and dropout layers → dense
/// head. Immutable and safe to share between threads.
/// </summary>
public sealed class Model
{
    // As the file has them, whatever head was put in its place.
    private readonly ModelAdditions _file;

    internal Model(string digest, string name, string[] inputs, Normalisation normalisation, Layer[] layers,
        Forecast forecast, ModelAdditions additions, ModelAdditions? file = null, Model? one = null)
    {
        One = one ?? this;
        Copies = one is null ? 1 : inputs.Length;
        _file = file ?? additions;
        Digest = digest;
        Name = name;
        Inputs = inputs;
        Normalisation = normalisation;
        Layers = layers;
        Forecast = forecast;
        Additions = additions;
        Score = additions.Score ?? (additions.Adapt is not null || additions.Intervals.Count > 0);
        PublishedQuantiles = additions.Intervals.Count > 0 ? QuantilesOf(additions.Intervals) : forecast.Quantiles;
        ExtraCount = Copies * additions.Features.Where(feature => !feature.Network).Sum(feature => feature.Width);
        StateSlots = Copies == 1 ? SlotsOf(layers) : SlotsOf(one!, inputs);
        StateFloats = StateSlots.Sum(slot => slot.Length);
    }

    public string Name { get; }

    /// <summary>SHA-256 of the file's bytes, lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>How many inputs the network is applied to, each by itself; 1: the network takes all at once.</summary>
    public int Copies { get; }

    /// <summary>The model of a single input that is applied to each; where <see cref="Copies"/> is 1, itself.</summary>
    public Model One { get; }

    /// <summary>Names of the values of a tick, in order.</summary>
    public IReadOnlyList<string> Inputs { get; }

    public Normalisation Normalisation { get; }
    public IReadOnlyList<Layer> Layers { get; }
    public Forecast Forecast { get; }

    /// <summary>What format 2 has beside these; whether it scores is <see cref="Score"/>.</summary>
    public ModelAdditions Additions { get; }

    /// <summary>Derived inputs, in the file's order.</summary>
    public IReadOnlyList<Feature> Features => Additions.Features;

    /// <summary>The adaptive head of each stream; null: the file asks for none.</summary>
    public AdaptOptions? Adapt => Additions.Adapt;

    /// <summary>Shares of values that intervals are to hold, ascending; empty: none.</summary>
    public IReadOnlyList<double> Intervals => Additions.Intervals;

    /// <summary>Whether ticks are scored for anomalies.</summary>
    public bool Score { get; }

    /// <summary>
    /// Levels beside the mean in a prediction, ascending: (1 − p)/2 and (1 + p)/2 of each interval, else the head's.
    /// </summary>
    public IReadOnlyList<double> PublishedQuantiles { get; }

    /// <summary>Floats the network takes per step: the inputs, then the features that it sees.</summary>
    public int NetworkInputCount => Copies * Layers[0].Inputs;

    /// <summary>Numbers of the features that only an adaptive head sees.</summary>
    public int ExtraCount { get; }

    /// <summary>The last recurrent layer, whose h an adaptive head reads; null: there is none.</summary>
    public RecurrentLayer? TopRecurrent => Layers.OfType<RecurrentLayer>().LastOrDefault();

    /// <summary>Floats of that layer's h, of all copies of the network; 0 where there is none.</summary>
    public int TopCount => Copies * (TopRecurrent?.Hidden ?? 0);

    /// <summary>
    /// The same model with another adaptive head; whether it scores stays, and a head scores where the file leaves it
    /// open.
    /// </summary>
    /// <param name="adapt">Null: none.</param>
    /// <exception cref="ArgumentException">It can have none, see <see cref="AdaptFault"/>.</exception>
    public Model WithAdapt(AdaptOptions? adapt)
    {
        if (adapt == Adapt) return this;
        if (adapt is not null && AdaptFault is { } fault) throw new ArgumentException(fault, nameof(adapt));
        if (Copies > 1) return One.WithAdapt(adapt).Each(Copies);
        bool scores = _file.Score ?? (_file.Adapt is not null || _file.Intervals.Count > 0);
        return new Model(Digest, Name, [.. Inputs], Normalisation, [.. Layers], Forecast,
            _file with { Adapt = adapt, Score = scores ? true : _file.Score }, _file);
    }

    /// <summary>The same model, of which a stream learns nothing: no adaptive head, intervals or score.</summary>
    public Model WithoutLearning()
    {
        if (Copies > 1) return One.WithoutLearning().Each(Copies);
        ModelAdditions additions = Additions with { Adapt = null, Intervals = [], Score = false };
        return new Model(Digest, Name, [.. Inputs], Normalisation, [.. Layers], Forecast, additions, _file);
    }

    /// <summary>Why it can have no adaptive head; null where it can.</summary>
    public string? AdaptFault =>
        IsClassifier ? "expected a model that forecasts, found a classifier"
        : Vocabulary is not null ? "expected a model of numbers, found one of tokens"
        : TopRecurrent is null ? "expected a recurrent layer, whose hidden state the head reads, found none"
        : Forecast.Outputs.FirstOrDefault(output => !Inputs.Contains(output)) is { } output
            ? $"expected outputs that are inputs, found '{output}'" : null;

    public bool IsClassifier => Forecast.Classes is not null;

    /// <summary>The dense layer at the end of the chain.</summary>
    public DenseLayer Head => (DenseLayer)Layers[^1];

    /// <summary>Floats the head gives per step.</summary>
    public int OutputCount => Copies * Head.Outputs;

    /// <summary>
    /// Doubles of a finished prediction: [horizon][output][1 + published quantiles], or one probability per class.
    /// </summary>
    public int PredictionCount => Forecast.Classes?.Length
        ?? Forecast.Horizons.Length * Forecast.Outputs.Length * (1 + PublishedQuantiles.Count);

    /// <summary>Recurrent floats per stream, all layers concatenated as <see cref="StateSlots"/> says.</summary>
    public int StateFloats { get; }

    public IReadOnlyList<StateSlot> StateSlots { get; }

    /// <summary>Tokens an embedding knows, 0…V−1; null where the model has no embedding.</summary>
    public int? Vocabulary => (Layers[0] as EmbeddingLayer)?.Vocabulary;

    /// <exception cref="ModelFormatException">The file cannot be read or is not a model.</exception>
    public static Model Load(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, "file", $"cannot be read: {Text.OneLine(e.Message)}", e);
        }

        return Read(file, path);
    }

    /// <param name="file">The whole file.</param>
    /// <param name="origin">What messages call the file.</param>
    /// <exception cref="ModelFormatException">The bytes are not a model.</exception>
    public static Model Read(byte[] file, string origin)
    {
        ArgumentNullException.ThrowIfNull(file);
        string digest = Convert.ToHexStringLower(SHA256.HashData(file));
        return ModelReader.Read(file, digest, new Origin(origin));
    }

    /// <summary>
    /// A model of several inputs that applies this one to each of them by itself: what the network takes and gives, and
    /// its state, are those of the first input, then those of the second, and so on. A prediction is [horizon][input]
    /// [1 + published quantiles], as of any model.
    /// </summary>
    /// <param name="inputs">At least 1. They are named like this model's input with 1, 2, … behind it.</param>
    /// <exception cref="InvalidOperationException">A model that does not forecast its only input and nothing
    /// else.</exception>
    public Model Each(int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        if (Copies > 1 || Inputs.Count != 1 || Vocabulary is not null || !Forecast.Outputs.SequenceEqual(Inputs))
            throw new InvalidOperationException($"model '{Name}' does not forecast its only input and nothing else");
        if (inputs == 1) return this;
        string[] names = [.. Enumerable.Range(1, inputs).Select(i => $"{Inputs[0]}{i}")];
        return new Model(
            Digest, Name, names, Normalisation.ForEach(inputs), [.. Layers], Forecast.ForEach(names), Additions,
            _file, this);
    }

    // Rounded, as (1 − 0.95) / 2 is a little more than 0.025, and levels are named in messages.
    internal static double[] QuantilesOf(IReadOnlyList<double> intervals) =>
        [.. intervals.SelectMany(p => new[] { Math.Round((1 - p) / 2, 12), Math.Round((1 + p) / 2, 12) }).Order()];

    private static List<StateSlot> SlotsOf(Model one, string[] inputs)
    {
        var slots = new List<StateSlot>();
        foreach ((int i, string input) in inputs.Index())
        {
            slots.AddRange(one.StateSlots.Select(slot => slot with
            {
                Layer = $"{slot.Layer}.{input}", Offset = i * one.StateFloats + slot.Offset,
            }));
        }

        return slots;
    }

    private static List<StateSlot> SlotsOf(Layer[] layers)
    {
        var slots = new List<StateSlot>();
        int offset = 0;
        foreach (RecurrentLayer layer in layers.OfType<RecurrentLayer>())
        {
            slots.Add(new StateSlot(layer.Name, "h", offset, layer.Hidden));
            offset += layer.Hidden;
            if (layer is not LstmLayer) continue;
            slots.Add(new StateSlot(layer.Name, "c", offset, layer.Hidden));
            offset += layer.Hidden;
        }

        return slots;
    }
}
