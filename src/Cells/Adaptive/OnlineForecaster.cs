using System.Runtime.CompilerServices;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// What a model's streams learn for themselves: a linear head on the hidden state, which head to believe, intervals,
/// and how unusual a value is. Holds nothing of a stream: a stream's memory is a span of <see cref="MemoryBytes"/>,
/// on a boundary of 8 bytes, owned by the caller. Safe to share between threads; allocates nothing per tick.
/// </summary>
/// <remarks>
/// A tick goes: <see cref="Settle"/>, <see cref="Preprocessor"/>'s preparing, the engine's step, <see cref="Finish"/>.
/// A forecast made at the tick of number q for horizon H is settled by the tick q + H and by no other; where that one
/// is passed over or its value is missing the forecast is dropped. So is one made at a tick without a value. Horizons
/// beyond <see cref="LongestHorizon"/> keep the frozen head, with the interval of the longest that learns.
/// <para>The bits are the same on every machine, given the same hidden states.</para>
/// </remarks>
public sealed class OnlineForecaster
{
    /// <summary>Longer horizons do not learn.</summary>
    public const int LongestHorizon = OnlinePlan.LongestHorizon;

    // What a feature is limited to.
    private const float Limit = 8;

    // Doubles; a model of more forecasts per tick allocates.
    private const int MostOnStack = 8192;

    private readonly Model _model;
    private readonly Preprocessor _preprocessor;
    private readonly OnlineCore _core;

    // Inputs that each learn by themselves; 1: all outputs learn together.
    private readonly int _copies;
    private readonly int _outputs;
    private readonly int _pairs;
    private readonly int _hidden;
    private readonly bool _withInputs;
    private readonly bool _shortestIsNext;

    /// <param name="model">A forecaster.</param>
    /// <param name="preprocessor">The model's.</param>
    /// <param name="adapt">The head's settings in place of the model's; null: the model's, which may have none.</param>
    /// <exception cref="ArgumentException">A classifier, an adaptive head for outputs that are not inputs, more
    /// features than <see cref="OnlinePlan.MostFeatures"/>, or more levels than a count has room for.</exception>
    public OnlineForecaster(Model model, Preprocessor preprocessor, AdaptOptions? adapt = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preprocessor);
        if (model.IsClassifier) throw new ArgumentException("expected a forecaster, found a classifier", nameof(model));
        adapt ??= model.Adapt;
        _model = model;
        _preprocessor = preprocessor;
        _copies = model.Copies;
        _outputs = model.Forecast.Outputs.Length;
        _pairs = model.Forecast.Horizons.Length * _outputs;
        _hidden = model.TopRecurrent?.Hidden ?? 0;
        _withInputs = adapt is { WithInputs: true };
        _shortestIsNext = model.Forecast.Horizons[0] == 1;
        Adapt = adapt;
        _core = new OnlineCore(PlanOf(model.One, adapt));
        Slots = _copies == 1 ? _core.Layout.Slots : SlotsOfEach(model);
        Check(model, adapt);
    }

    /// <summary>The adaptive head's settings; null: there is none.</summary>
    public AdaptOptions? Adapt { get; }

    /// <summary>Bytes of memory per stream, a multiple of 8.</summary>
    public int MemoryBytes => checked(_copies * _core.Layout.Bytes);

    /// <summary>The memory's parts, one behind the other.</summary>
    public IReadOnlyList<OnlineSlot> Slots { get; }

    /// <summary>Numbers that the adaptive head of an output weighs, the constant among them; 0: none.</summary>
    public int Features => _core.Plan.Features;

    /// <summary>Whether a model asks for anything of this.</summary>
    public static bool Wanted(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return !model.IsClassifier && (model.Adapt is not null || model.Intervals.Count > 0 || model.Score);
    }

    /// <summary>A new stream's memory.</summary>
    public void Clear(Span<byte> memory)
    {
        for (int i = 0; i < _copies; i++) _core.Clear(Part(memory, i));
    }

    /// <summary>
    /// Drops the forecasts that wait for their values, as where a stream's numbers begin anew; what was learnt stays.
    /// A number that is not above the last one does the same.
    /// </summary>
    public void ForgetPending(Span<byte> memory)
    {
        for (int i = 0; i < _copies; i++) _core.ForgetPending(Part(memory, i));
    }

    /// <summary>
    /// Why a memory from outside cannot be a stream's, naming the slot, the number and its limits; null: it can.
    /// </summary>
    public string? FaultIn(ReadOnlySpan<byte> memory)
    {
        if (memory.Length != MemoryBytes) return $"{memory.Length} bytes, expected {MemoryBytes}";
        for (int i = 0; i < _copies; i++)
        {
            int each = _core.Layout.Bytes;
            if (_core.Layout.FaultIn(memory.Slice(i * each, each)) is not { } fault) continue;
            return _copies == 1 ? fault : $"{_model.Inputs[i]}: {fault}";
        }

        return null;
    }

    /// <summary>Before a tick is prepared: what it says of the forecasts that were made for it is learnt.</summary>
    /// <param name="seq">The tick's number.</param>
    /// <param name="values">One per input, NaN where missing; all NaN to step over a missing tick.</param>
    /// <param name="preprocessing">The stream's <see cref="Preprocessor"/> memory.</param>
    /// <param name="memory">The stream's memory.</param>
    [SkipLocalsInit]
    public Settled Settle(
        ulong seq, ReadOnlySpan<double> values, ReadOnlySpan<double> preprocessing, Span<byte> memory)
    {
        Span<double> outputs = _outputs <= MostOnStack ? stackalloc double[_outputs] : new double[_outputs];
        for (int o = 0; o < _outputs; o++)
        {
            int input = _preprocessor.InputOf(o);
            double value = input < 0 ? double.NaN : values[input];
            outputs[o] = double.IsFinite(value) ? value : double.NaN;
        }

        if (_copies == 1) return _core.Settle(seq, outputs, memory);
        var together = new SettledSum();
        for (int i = 0; i < _copies; i++) together.Add(_core.Settle(seq, outputs.Slice(i, 1), Part(memory, i)));
        return together.Result;
    }

    /// <summary>
    /// After the step, in place of <see cref="Preprocessor.Finish"/>: the prediction, and the horizon-1 forecast left
    /// for a missing value.
    /// </summary>
    /// <param name="seq">The tick's number.</param>
    /// <param name="x">What the network was given.</param>
    /// <param name="extra">The features that only an adaptive head sees.</param>
    /// <param name="hidden">The top recurrent layer's h; empty where there is none.</param>
    /// <param name="y">The frozen head's outputs.</param>
    /// <param name="preprocessing">The stream's <see cref="Preprocessor"/> memory.</param>
    /// <param name="memory">The stream's memory.</param>
    /// <param name="prediction"><see cref="Model.PredictionCount"/> doubles.</param>
    [SkipLocalsInit]
    public OnlineFlags Finish(ulong seq, ReadOnlySpan<float> x, ReadOnlySpan<float> extra, ReadOnlySpan<float> hidden,
        ReadOnlySpan<float> y, Span<double> preprocessing, Span<byte> memory, Span<double> prediction)
    {
        int doubles = 2 * _outputs + _pairs;
        Span<double> numbers = doubles <= MostOnStack ? stackalloc double[doubles] : new double[doubles];
        Span<double> last = numbers[.._outputs], scales = numbers.Slice(_outputs, _outputs);
        Span<double> frozen = numbers[(2 * _outputs)..];
        Bases(preprocessing, last, scales);
        _preprocessor.Points(y, preprocessing, frozen);

        _preprocessor.ForgetForecast(preprocessing);
        var seen = new Seen(seq, x, extra, hidden, last, scales, frozen);
        OnlineFlags flags;
        if (_model.Intervals.Count > 0 || _model.PublishedQuantiles.Count == 0)
        {
            flags = FinishEach(in seen, memory, prediction);
        }
        else
        {
            Span<double> means = _pairs <= MostOnStack ? stackalloc double[_pairs] : new double[_pairs];
            flags = FinishEach(in seen, memory, means);
            _ = _preprocessor.Finish(y, preprocessing, prediction);
            Shift(means, prediction);
        }

        Keep(preprocessing, prediction);
        return _preprocessor.IsWarming(preprocessing) ? flags | OnlineFlags.Warming : flags;
    }

    // What a tick's forecasts are made of, of all outputs.
    private readonly ref struct Seen(ulong seq, ReadOnlySpan<float> x, ReadOnlySpan<float> extra,
        ReadOnlySpan<float> hidden, ReadOnlySpan<double> last, ReadOnlySpan<double> scales, ReadOnlySpan<double> frozen)
    {
        public readonly ulong Seq = seq;
        public readonly ReadOnlySpan<float> X = x, Extra = extra, Hidden = hidden;
        public readonly ReadOnlySpan<double> Last = last, Scales = scales, Frozen = frozen;
    }

    [SkipLocalsInit]
    private OnlineFlags FinishEach(in Seen seen, Span<byte> memory, Span<double> prediction)
    {
        Span<float> features = stackalloc float[Features];
        if (_copies == 1)
        {
            if (features.Length > 0) Gather(seen.X, seen.Extra, seen.Hidden, features);
            return _core.Finish(seen.Seq, features, seen.Last, seen.Scales, seen.Frozen, memory, prediction);
        }

        int horizons = _pairs / _copies, width = prediction.Length / _pairs, doubles = horizons * (1 + width);
        Span<double> numbers = doubles <= MostOnStack ? stackalloc double[doubles] : new double[doubles];
        Span<double> frozen = numbers[..horizons], own = numbers[horizons..];
        var flags = OnlineFlags.None;
        for (int i = 0; i < _copies; i++)
        {
            if (features.Length > 0)
                Gather(Part(seen.X, i), Part(seen.Extra, i), seen.Hidden.Slice(i * _hidden, _hidden), features);
            for (int h = 0; h < horizons; h++) frozen[h] = seen.Frozen[h * _copies + i];
            OnlineFlags one = _core.Finish(
                seen.Seq, features, seen.Last.Slice(i, 1), seen.Scales.Slice(i, 1), frozen, Part(memory, i), own);
            if (i == 0) flags = one;
            for (int h = 0; h < horizons; h++)
                own.Slice(h * width, width).CopyTo(prediction[((h * _copies + i) * width)..]);
        }

        return flags;
    }

    private Span<byte> Part(Span<byte> memory, int copy) =>
        memory.Slice(copy * _core.Layout.Bytes, _core.Layout.Bytes);

    private ReadOnlySpan<float> Part(ReadOnlySpan<float> all, int copy)
    {
        int each = all.Length / _copies;
        return all.Slice(copy * each, each);
    }

    private List<OnlineSlot> SlotsOfEach(Model model)
    {
        var slots = new List<OnlineSlot>();
        foreach ((int i, string input) in model.Inputs.Index())
        {
            slots.AddRange(_core.Layout.Slots.Select(slot => slot with
            {
                Name = $"{slot.Name}.{input}", ByteOffset = i * _core.Layout.Bytes + slot.ByteOffset,
            }));
        }

        return slots;
    }

    private static OnlinePlan PlanOf(Model model, AdaptOptions? adapt)
    {
        int features = 1 + (model.TopRecurrent?.Hidden ?? 0);
        if (adapt is { WithInputs: true }) features += model.NetworkInputCount + model.ExtraCount;
        return new OnlinePlan
        {
            Horizons = model.Forecast.Horizons,
            Outputs = model.Forecast.Outputs.Length,
            Features = adapt is null ? 0 : features,
            Forgetting = adapt?.Forgetting ?? AdaptOptions.DefaultForgetting,
            Ridge = adapt?.Ridge ?? 1,
            Intervals = [.. model.Intervals],
            Score = model.Score,
        };
    }

    private void Check(Model model, AdaptOptions? adapt)
    {
        if (model.Intervals.Count > IntervalHits.MaxLevels)
        {
            throw new ArgumentException(
                $"expected at most {IntervalHits.MaxLevels} intervals, found {model.Intervals.Count}", nameof(model));
        }

        if (adapt is null) return;
        if (Features > OnlinePlan.MostFeatures)
        {
            throw new ArgumentException($"expected an adaptive head of at most {OnlinePlan.MostFeatures} features, "
                + $"found {Features}", nameof(model));
        }

        for (int o = 0; o < _outputs; o++)
        {
            if (_preprocessor.InputOf(o) >= 0) continue;
            throw new ArgumentException("expected outputs that are inputs, for an adaptive head, found "
                + $"'{model.Forecast.Outputs[o]}'", nameof(model));
        }
    }

    private void Bases(ReadOnlySpan<double> preprocessing, Span<double> last, Span<double> scales)
    {
        for (int o = 0; o < _outputs; o++)
        {
            int input = _preprocessor.InputOf(o);
            last[o] = input < 0 ? 0 : _preprocessor.Base(input, preprocessing);
            scales[o] = input < 0 ? 1 : _preprocessor.Scale(input, preprocessing);
        }
    }

    private void Gather(
        ReadOnlySpan<float> x, ReadOnlySpan<float> extra, ReadOnlySpan<float> hidden, Span<float> features)
    {
        CopyLimited(hidden[.._hidden], features);
        if (_withInputs)
        {
            CopyLimited(x, features[_hidden..]);
            CopyLimited(extra, features[(_hidden + x.Length)..]);
        }

        features[^1] = 1;
    }

    private static void CopyLimited(ReadOnlySpan<float> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = Math.Clamp(from[i], -Limit, Limit);
    }

    // The frozen head's own quantiles go with its mean to where the mean is now.
    private void Shift(ReadOnlySpan<double> means, Span<double> prediction)
    {
        int width = 1 + _model.PublishedQuantiles.Count;
        for (int pair = 0; pair < _pairs; pair++)
        {
            Span<double> one = prediction.Slice(pair * width, width);
            double by = means[pair] - one[0];
            for (int i = 1; i < width; i++) one[i] += by;
            one[0] = means[pair];
        }
    }

    private void Keep(Span<double> preprocessing, ReadOnlySpan<double> prediction)
    {
        if (!_shortestIsNext) return;
        int width = 1 + _model.PublishedQuantiles.Count;
        for (int o = 0; o < _outputs; o++) _preprocessor.KeepForecast(o, prediction[o * width], preprocessing);
    }
}
