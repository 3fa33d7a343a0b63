using Realtime.Cells.Scalar;

namespace Realtime.Cells.RollOuts;

/// <summary>
/// How a model's forecasts of the next tick become its next inputs, in the network's units and float32: the
/// specification of what devices do. Holds nothing of a stream. Safe to share between threads.
/// </summary>
/// <remarks>
/// With u an input's normalised value, not limited, and y its forecast: where forecasts are values u' = y and the
/// change is y − u; where they are differences d = y within the head's limits, u' = u + d·s/σ, and the change is d. The
/// network gets u' within the limits of its normalisation, and a difference feature the change · b, b being σ or s over
/// the feature's scale. Scales stay as they were at the start: nothing is learnt from a forecast.
/// </remarks>
public sealed class FeedBack
{
    /// <summary>Ints of <see cref="Links"/> before those of inputs, differences and times.</summary>
    internal const int Header = 12;

    private readonly Model _model;
    private readonly int _inputs;
    private readonly int _width;
    private readonly int[] _outputs;
    private readonly DerivedDifference[] _differences;
    private readonly int[] _times;
    private readonly bool _isDifference;
    private readonly float _inputLimit;
    private readonly float _forecastLimit;

    /// <exception cref="ArgumentException">It can't be rolled out, see <see cref="FaultIn(Model)"/>.</exception>
    public FeedBack(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (FaultIn(model) is { } fault) throw new ArgumentException(fault, nameof(model));
        Model one = model.One;
        Forecast forecast = one.Forecast;
        _model = model;
        _inputs = one.Inputs.Count;
        _width = one.NetworkInputCount;
        _outputs = [.. one.Inputs.Select(input => Array.IndexOf(forecast.Outputs, input) * forecast.HeadWidth)];
        var features = new FeatureSet(one);
        _differences = [.. features.Differences.Where(difference => difference.Network)];
        _times = features.TimePlaces;
        _isDifference = forecast.Target == ForecastTarget.Difference;
        _inputLimit = one.Normalisation.Kind == NormalisationKind.Running
            ? (float)one.Normalisation.Clip : Activations.Limit;
        _forecastLimit = _isDifference ? (float)forecast.Clip : Activations.Limit;
    }

    /// <summary>The model, whose <see cref="Model.Copies"/> are fed back each by itself.</summary>
    public Model Model => _model;

    /// <summary>Floats that each copy of the network keeps of a row: u and s/σ of each input, b of each difference.
    /// </summary>
    public int Numbers => 2 * _inputs + _differences.Length;

    /// <summary>Floats of a step that are known ahead: of the time.</summary>
    public int Known => _times.Length;

    /// <summary>Floats of a step's forecasts, of all copies.</summary>
    public int Points => _model.Inputs.Count;

    internal bool IsDifference => _isDifference;
    internal ReadOnlySpan<DerivedDifference> Differences => _differences;
    internal ReadOnlySpan<int> Times => _times;
    internal float InputLimit => _inputLimit;

    /// <summary>The same as a device reads it.</summary>
    public int[] Links =>
    [
        _inputs, _differences.Length, _times.Length, _model.Copies, _isDifference ? 1 : 0,
        BitConverter.SingleToInt32Bits(_inputLimit), BitConverter.SingleToInt32Bits(_forecastLimit),
        _width, _model.One.OutputCount, Numbers, 0, 0,
        .. _outputs,
        .. _differences.SelectMany(difference => (int[])
            [difference.Input, difference.At, BitConverter.SingleToInt32Bits((float)difference.Clip)]),
        .. _times,
    ];

    /// <summary>Why a model can't be rolled out, with what was found and what was expected; null where it can.
    /// </summary>
    public static string? FaultIn(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.IsClassifier) return "found a classifier, expected a model that forecasts";
        if (model.Vocabulary is not null) return "found a model of tokens, expected one of numbers";
        if (model.Forecast.Horizons[0] != 1)
        {
            return $"found {model.Forecast.Horizons[0]} as the first horizon, expected 1: each forecast is the next "
                + "input";
        }

        string? unknown = model.Inputs.FirstOrDefault(input => !model.Forecast.Outputs.Contains(input));
        if (unknown is not null)
            return $"found no forecast of the input {unknown}, expected one of each: forecasts are the next inputs";
        string? unfed = model.Forecast.Outputs.FirstOrDefault(output => !model.Inputs.Contains(output));
        return unfed is null ? null : $"found the output {unfed}, which is no input, expected inputs alone";
    }

    /// <summary>Why another model can't take over from a model's states; null where it can.</summary>
    public static string? FaultIn(Model encoder, Model decoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (FaultIn(decoder) is { } fault) return fault;
        if (!encoder.Inputs.SequenceEqual(decoder.Inputs))
            return $"found a decoder of {Names(decoder)}, expected one of the encoder's inputs {Names(encoder)}";
        // Layers may be called otherwise.
        if (encoder.Copies != decoder.Copies || !Shape(encoder).SequenceEqual(Shape(decoder)))
        {
            return $"found a decoder with the states {string.Join(", ", Shape(decoder))}, expected the encoder's "
                + string.Join(", ", Shape(encoder));
        }

        if (decoder.Features.Any(feature => feature is DifferenceFeature { Network: true }))
            return "found a decoder that sees differences, expected one without: it begins with a value, not a change";
        return encoder.Normalisation.Kind == decoder.Normalisation.Kind
            && new Preprocessor(encoder).Slots.SequenceEqual(new Preprocessor(decoder).Slots) ? null
            : "found a decoder that keeps other statistics of a stream, expected the encoder's normalisation and "
                + "target";
    }

    /// <summary>One turn of one copy of the network.</summary>
    /// <param name="y">The network's outputs.</param>
    /// <param name="known">What is known of the next step.</param>
    /// <param name="numbers">The row's; u becomes that of the forecast.</param>
    /// <param name="x">Gets the network's next inputs.</param>
    /// <param name="points">Gets the forecasts, one per input.</param>
    internal void Next(ReadOnlySpan<float> y, ReadOnlySpan<float> known, Span<float> numbers, Span<float> x,
        Span<float> points)
    {
        Span<float> changes = _inputs <= 256 ? stackalloc float[_inputs] : new float[_inputs];
        for (int i = 0; i < _inputs; i++)
        {
            float point = Limited(y[_outputs[i]], _forecastLimit), u = numbers[i];
            float next = _isDifference ? MathF.FusedMultiplyAdd(point, numbers[_inputs + i], u) : point;
            changes[i] = _isDifference ? point : point - u;
            numbers[i] = next;
            points[i] = point;
            x[i] = Limited(next, _inputLimit);
        }

        for (int f = 0; f < _differences.Length; f++)
        {
            float change = changes[_differences[f].Input] * numbers[2 * _inputs + f];
            x[_differences[f].At] = Limited(change, (float)_differences[f].Clip);
        }

        for (int t = 0; t < _times.Length; t++) x[_times[t]] = known[t];
    }

    // As on a device: what is no number stays none.
    private static float Limited(float x, float limit) => x < -limit ? -limit : x > limit ? limit : x;

    private static string Names(Model model) => string.Join(", ", model.Inputs);

    private static IEnumerable<string> Shape(Model model) =>
        model.StateSlots.Select(slot => FormattableString.Invariant($"{slot.Name}[{slot.Length}]"));
}
