using System.Runtime.Intrinsics;
using Realtime.Cells.Scalar;

namespace Realtime.Cells;

/// <summary>
/// One part of a stream's memory: doubles from its start, NaN only where <paramref name="MayBeMissing"/>.
/// </summary>
public readonly record struct MemorySlot(string Name, int Offset, int Length, bool MayBeMissing);

/// <summary>
/// The arithmetic around the network, in double: missing values, normalisation, mapping back. Holds nothing of a
/// stream: a stream's memory is a span of <see cref="MemoryDoubles"/> owned by the caller, laid out as <see
/// cref="Slots"/>. Safe to share between threads.
/// </summary>
/// <remarks>
/// Slots, each one double per input: with running normalisation "n" (ticks learnt from), "mean" and "variance"
/// (exponentially weighted), and where differences are scaled "changes" (differences learnt from), "recentChange" and
/// "meanChange" (the exponentially weighted and the plain mean of their squares); where there are differences
/// "previous" (the value of the tick before, NaN where it was missing); always "last" (the last observed value, NaN
/// before the first) and "forecast" (the last horizon-1 forecast, NaN where there is none).
/// </remarks>
public sealed class Preprocessor
{
    /// <summary>Stands for the time of a tick that brought none.</summary>
    public const long NoTime = long.MinValue;

    private readonly Model _model;
    private readonly Normalisation _normalisation;
    private readonly int _inputs;

    // From one input's place among the network's to the next one's.
    private readonly int _stride;
    private readonly int _last;
    private readonly int _forecast;
    private readonly double _leastAlpha;
    private readonly double _plainMeans;
    private readonly double _clip;
    private readonly int[] _inputOfOutput;
    private readonly HeadMapping _head;

    // Where the horizon-1 forecast of a plain head with one output is; negative where there is none.
    private readonly int _nextHorizon;
    private readonly FeatureSet _features;
    private readonly ChangeScale? _changes;

    // Where "previous" begins; negative where no difference is asked for.
    private readonly int _previous = -1;

    public Preprocessor(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _normalisation = model.Normalisation;
        _inputs = model.Inputs.Count;
        _stride = model.Copies > 1 ? model.One.NetworkInputCount : 1;
        _inputOfOutput = Array.ConvertAll(model.Forecast.Outputs, name => model.Inputs.ToList().IndexOf(name));
        _clip = _normalisation.Clip;
        _head = new HeadMapping(model);
        _nextHorizon = Array.IndexOf(model.Forecast.Horizons, 1) * (1 + model.Forecast.Quantiles.Length);
        _features = new FeatureSet(model);
        bool scaled = IsRunning && (_features.HasDifferences || _head.IsDifference || model.Adapt is not null
            || model.Intervals.Count > 0 || model.Score);
        List<string> names = IsRunning ? ["n", "mean", "variance"] : [];
        if (scaled) names.AddRange(["changes", "recentChange", "meanChange"]);
        int known = names.Count;
        if (scaled || _features.HasDifferences) names.Add("previous");
        names.AddRange(["last", "forecast"]);
        Slots = names.Select((name, i) => new MemorySlot(name, i * _inputs, _inputs, i >= known)).ToArray();
        MemoryDoubles = names.Count * _inputs;
        if (names.Count > known + 2) _previous = known * _inputs;
        _last = (names.Count - 2) * _inputs;
        _forecast = (names.Count - 1) * _inputs;
        if (!IsRunning) return;
        _leastAlpha = 1 - Math.Pow(2, -1 / _normalisation.HalfLife);
        _plainMeans = Math.Ceiling(2 / _leastAlpha);
        if (scaled) _changes = new ChangeScale(3 * _inputs, _inputs, _leastAlpha);
    }

    /// <summary>Doubles of memory per stream.</summary>
    public int MemoryDoubles { get; }

    public IReadOnlyList<MemorySlot> Slots { get; }

    private bool IsRunning => _normalisation.Kind == NormalisationKind.Running;

    /// <summary>A new stream's memory: statistics 0, no last value, no forecast.</summary>
    public void Clear(Span<double> memory)
    {
        memory = memory[..MemoryDoubles];
        int known = _previous < 0 ? _last : _previous;
        memory[..known].Clear();
        memory[known..].Fill(double.NaN);
    }

    /// <summary>The same for a tick without a time, of a stream without an adaptive head.</summary>
    public bool Prepare(ReadOnlySpan<double> values, Span<double> memory, Span<float> x) =>
        Prepare(values, NoTime, memory, x, []);

    /// <summary>Turns a tick's values into the network's inputs, and learns the running statistics from them.</summary>
    /// <param name="values">One per input, NaN where missing; all NaN to step over a missing tick. An embedding's token
    /// must be present and valid.</param>
    /// <param name="time">The tick's own time in nanoseconds since 1970, or <see cref="NoTime"/>.</param>
    /// <param name="memory">The stream's memory.</param>
    /// <param name="x"><see cref="Model.NetworkInputCount"/> floats: the inputs, then the features the network sees.
    /// </param>
    /// <param name="extra"><see cref="Model.ExtraCount"/> floats, the features that only an adaptive head sees; empty
    /// where nobody asks for them.</param>
    /// <returns>Whether any value was missing and imputed.</returns>
    public bool Prepare(
        ReadOnlySpan<double> values, long time, Span<double> memory, Span<float> x, Span<float> extra)
    {
        bool imputed = false;
        for (int i = 0; i < _inputs; i++)
        {
            double value = values[i];
            if (double.IsNaN(value))
            {
                imputed = true;
                value = Impute(i, memory);
            }
            else
            {
                memory[_last + i] = value;
                if (IsRunning) Learn(i, value, memory);
            }

            x[i * _stride] = (float)Math.Clamp(Normalise(i, value, memory), -Activations.Limit, Activations.Limit);
        }

        if (!_features.IsEmpty) DeriveFeatures(values, time, memory, x, extra);
        if (_previous >= 0) values[.._inputs].CopyTo(memory[_previous..]);
        return imputed;
    }

    /// <summary>Maps the head's outputs back and keeps the horizon-1 forecast, in place of the one before. Quantiles of
    /// intervals are the mean, as only an adaptive head knows them.</summary>
    /// <param name="y">The head's outputs.</param>
    /// <param name="memory">The stream's memory as it was left by preparing the tick.</param>
    /// <param name="prediction"><see cref="Model.PredictionCount"/> doubles, in the units of the values.</param>
    /// <returns>Whether the stream is still warming: running statistics of fewer than 2 values of some input.</returns>
    public bool Finish(ReadOnlySpan<float> y, Span<double> memory, Span<double> prediction)
    {
        ForgetForecast(memory);
        if (_model.IsClassifier) FinishClasses(y, prediction);
        else FinishForecast(y, memory, prediction);
        return IsWarming(memory);
    }

    /// <summary>The last observed value of each input; NaN before the first.</summary>
    public ReadOnlySpan<double> Last(ReadOnlySpan<double> memory) => memory.Slice(_last, _inputs);

    /// <summary>The last horizon-1 forecast of each input; NaN where there is none.</summary>
    public ReadOnlySpan<double> LastForecast(ReadOnlySpan<double> memory) => memory.Slice(_forecast, _inputs);

    /// <summary>The input that an output of the forecast is; -1 where it is none.</summary>
    public int InputOf(int output) => _inputOfOutput[output];

    /// <summary>
    /// s, above 0, the scale of an input's differences: the stream's own with running normalisation, else the file's;
    /// where there is neither, the standard deviation of the normalisation.
    /// </summary>
    public double Scale(int input, ReadOnlySpan<double> memory)
    {
        if (_changes is not null)
        {
            double last = double.IsNaN(memory[_last + input]) ? 0 : memory[_last + input];
            return _changes.Of(input, Math.Min(Math.Abs(memory[_inputs + input]), Math.Abs(last)), memory);
        }

        if (_features.ScaleOf(input) is { } std) return std;
        return _normalisation.Kind switch
        {
            NormalisationKind.Fixed => _normalisation.Std[input],
            NormalisationKind.Running => Running(input, memory).Std,
            _ => 1,
        };
    }

    /// <summary>What differences are added to: an input's last observed value, else its mean, else 0.</summary>
    public double Base(int input, ReadOnlySpan<double> memory) =>
        double.IsFinite(memory[_last + input]) ? memory[_last + input] : MeanOf(input, memory);

    /// <summary>What an input is normalised by: (x − mean) / std.</summary>
    internal (double Mean, double Std) UnitsOf(int input, ReadOnlySpan<double> memory) => _normalisation.Kind switch
    {
        NormalisationKind.Fixed => (_normalisation.Mean[input], _normalisation.Std[input]),
        NormalisationKind.Running => Running(input, memory),
        _ => (0, 1),
    };

    /// <summary>An input's value at the last tick, NaN where it was missing or nobody asks for differences.</summary>
    internal double Previous(int input, ReadOnlySpan<double> memory) =>
        _previous < 0 ? double.NaN : memory[_previous + input];

    /// <summary>The head's forecasts without their quantiles, in the units of the values.</summary>
    /// <param name="y">The head's outputs.</param>
    /// <param name="memory">The stream's memory as it was left by preparing the tick.</param>
    /// <param name="points">[horizon][output]; not for a classifier.</param>
    public void Points(ReadOnlySpan<float> y, ReadOnlySpan<double> memory, Span<double> points)
    {
        int outputs = _inputOfOutput.Length;
        for (int output = 0; output < outputs; output++)
        {
            (double offset, double scale) = MappingOf(output, memory);
            for (int horizon = 0; horizon < _model.Forecast.Horizons.Length; horizon++)
            {
                double point = _head.Point(_head.Of(y, horizon, output), horizon);
                points[horizon * outputs + output] = offset + scale * point;
            }
        }
    }

    /// <summary>Takes a horizon-1 forecast of an output in place of the one kept, for a missing value.</summary>
    public void KeepForecast(int output, double forecast, Span<double> memory)
    {
        if (_inputOfOutput[output] >= 0) memory[_forecast + _inputOfOutput[output]] = forecast;
    }

    /// <summary>Drops the horizon-1 forecast, so that a missing value will not take it.</summary>
    public void ForgetForecast(Span<double> memory) => memory.Slice(_forecast, _inputs).Fill(double.NaN);

    private double Impute(int i, Span<double> memory)
    {
        if (double.IsFinite(memory[_forecast + i])) return memory[_forecast + i];
        if (double.IsFinite(memory[_last + i])) return memory[_last + i];
        return MeanOf(i, memory);
    }

    private double MeanOf(int i, ReadOnlySpan<double> memory) => _normalisation.Kind switch
    {
        NormalisationKind.Fixed => _normalisation.Mean[i],
        NormalisationKind.Running => memory[_inputs + i],
        _ => 0,
    };

    private void DeriveFeatures(
        ReadOnlySpan<double> values, long time, Span<double> memory, Span<float> x, Span<float> extra)
    {
        foreach (DerivedDifference difference in _features.Differences)
        {
            Span<float> to = difference.Network ? x : extra;
            if (to.IsEmpty) continue;
            int input = difference.Input;
            double change = values[input] - memory[_previous + input];
            double scale = difference.Std ?? Scale(input, memory);
            to[difference.At] = double.IsNaN(change)
                ? 0
                : (float)Math.Clamp(change / scale, -difference.Clip, difference.Clip);
        }

        _features.FillTimes(time, x, extra);
    }

    // The order of operations is part of the format: recordings replay to the same bits.
    private void Learn(int i, double x, Span<double> memory)
    {
        ref double n = ref memory[i];
        ref double mean = ref memory[_inputs + i];
        ref double variance = ref memory[2 * _inputs + i];
        n += 1;
        // From some n on the division can't matter.
        double alpha = n >= _plainMeans ? _leastAlpha : Math.Max(_leastAlpha, 1 / n);
        double d = x - mean;
        mean += alpha * d;
        variance = (1 - alpha) * (variance + alpha * (d * d));
        _changes?.Learn(i, x - memory[_previous + i], memory);
    }

    private double Normalise(int i, double value, Span<double> memory)
    {
        switch (_normalisation.Kind)
        {
            case NormalisationKind.Fixed:
                return (value - _normalisation.Mean[i]) / _normalisation.Std[i];
            case NormalisationKind.Running:
                (double mean, double std) = Running(i, memory);
                return Math.Clamp((value - mean) / std, -_clip, _clip);
            default:
                return value;
        }
    }

    private (double Mean, double Std) Running(int i, ReadOnlySpan<double> memory)
    {
        double mean = memory[_inputs + i];
        double std = Math.Sqrt(memory[2 * _inputs + i]);
        return (mean, std <= 1e-6 * Math.Max(Math.Abs(mean), 1e-6) ? 1 : std);
    }

    private void FinishForecast(ReadOnlySpan<float> y, Span<double> memory, Span<double> prediction)
    {
        if (!_head.IsPlain)
        {
            MapForecast(y, memory, prediction);
            return;
        }

        if (_inputOfOutput.Length == 1)
        {
            FinishOne(y, memory, prediction);
            return;
        }

        Forecast forecast = _model.Forecast;
        int[] horizons = forecast.Horizons;
        int outputs = forecast.Outputs.Length, width = 1 + forecast.Quantiles.Length;
        for (int output = 0; output < outputs; output++)
        {
            (double mean, double std) = MappingOf(output, memory);
            int input = _inputOfOutput[output], at = output * width;
            foreach (int horizon in horizons)
            {
                for (int i = at; i < at + width; i++) prediction[i] = mean + std * y[i];
                if (horizon == 1 && input >= 0) memory[_forecast + input] = prediction[at];
                at += outputs * width;
            }
        }
    }

    // One output: all numbers are mapped alike.
    private void FinishOne(ReadOnlySpan<float> y, Span<double> memory, Span<double> prediction)
    {
        (double mean, double std) = MappingOf(0, memory);
        prediction = prediction[..y.Length];
        int at = 0;
        for (; at <= y.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(y[at..]));
            (Vector256.Create(mean) + std * low).CopyTo(prediction[at..]);
            (Vector256.Create(mean) + std * high).CopyTo(prediction[(at + Vector256<double>.Count)..]);
        }

        for (; at < y.Length; at++) prediction[at] = mean + std * y[at];
        if (_nextHorizon >= 0) KeepForecast(0, prediction[_nextHorizon], memory);
    }

    private void MapForecast(ReadOnlySpan<float> y, Span<double> memory, Span<double> prediction)
    {
        int[] horizons = _model.Forecast.Horizons;
        int outputs = _inputOfOutput.Length;
        int published = 1 + _model.PublishedQuantiles.Count;
        for (int output = 0; output < outputs; output++)
        {
            (double offset, double scale) = MappingOf(output, memory);
            for (int horizon = 0; horizon < horizons.Length; horizon++)
            {
                Span<double> to = prediction.Slice((horizon * outputs + output) * published, published);
                _head.Map(_head.Of(y, horizon, output), horizon, offset, scale, to);
                if (horizons[horizon] == 1) KeepForecast(output, to[0], memory);
            }
        }
    }

    private (double Mean, double Std) MappingOf(int output, ReadOnlySpan<double> memory)
    {
        int input = _inputOfOutput[output];
        if (_head.IsDifference) return (Base(input, memory), Scale(input, memory));
        if (input < 0)
        {
            return _model.Forecast.Scale is { } scale ? (scale.Mean[output], scale.Std[output]) : (0, 1);
        }

        return UnitsOf(input, memory);
    }

    private void FinishClasses(ReadOnlySpan<float> y, Span<double> prediction)
    {
        if (y.Length == 1 && prediction.Length == 2)
        {
            prediction[0] = 1 - (double)y[0];
            prediction[1] = y[0];
            return;
        }

        for (int i = 0; i < y.Length; i++) prediction[i] = y[i];
    }

    /// <summary>Running statistics of fewer than 2 values of some input.</summary>
    public bool IsWarming(ReadOnlySpan<double> memory)
    {
        if (!IsRunning) return false;
        for (int i = 0; i < _inputs; i++)
            if (memory[i] < 2) return true;
        return false;
    }
}
