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
/// (exponentially weighted); always "last" (the last observed value, NaN before the first) and "forecast" (the last
/// horizon-1 forecast, NaN where there is none).
/// </remarks>
public sealed class Preprocessor
{
    /// <summary>Running normalisation limits what the network sees to this many standard deviations.</summary>
    private const double RunningLimit = 10;

    private readonly Model _model;
    private readonly Normalisation _normalisation;
    private readonly int _inputs;
    private readonly int _last;
    private readonly int _forecast;
    private readonly double _leastAlpha;
    private readonly double _plainMeans;
    private readonly int[] _inputOfOutput;

    public Preprocessor(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _normalisation = model.Normalisation;
        _inputs = model.Inputs.Count;
        _inputOfOutput = Array.ConvertAll(model.Forecast.Outputs, name => model.Inputs.ToList().IndexOf(name));
        string[] names = IsRunning ? ["n", "mean", "variance", "last", "forecast"] : ["last", "forecast"];
        Slots = names.Select((name, i) =>
            new MemorySlot(name, i * _inputs, _inputs, name is "last" or "forecast")).ToArray();
        MemoryDoubles = names.Length * _inputs;
        _last = (names.Length - 2) * _inputs;
        _forecast = (names.Length - 1) * _inputs;
        if (!IsRunning) return;
        _leastAlpha = 1 - Math.Pow(2, -1 / _normalisation.HalfLife);
        _plainMeans = Math.Ceiling(2 / _leastAlpha);
    }

    /// <summary>Doubles of memory per stream.</summary>
    public int MemoryDoubles { get; }

    public IReadOnlyList<MemorySlot> Slots { get; }

    private bool IsRunning => _normalisation.Kind == NormalisationKind.Running;

    /// <summary>A new stream's memory: statistics 0, no last value, no forecast.</summary>
    public void Clear(Span<double> memory)
    {
        memory = memory[..MemoryDoubles];
        memory[.._last].Clear();
        memory[_last..].Fill(double.NaN);
    }

    /// <summary>Turns a tick's values into the network's inputs, and learns the running statistics from them.</summary>
    /// <param name="values">One per input, NaN where missing; all NaN to step over a missing tick. An embedding's token
    /// must be present and valid.</param>
    /// <param name="memory">The stream's memory.</param>
    /// <param name="x">One float per input.</param>
    /// <returns>Whether any value was missing and imputed.</returns>
    public bool Prepare(ReadOnlySpan<double> values, Span<double> memory, Span<float> x)
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

            x[i] = (float)Math.Clamp(Normalise(i, value, memory), -Activations.Limit, Activations.Limit);
        }

        return imputed;
    }

    /// <summary>Maps the head's outputs back and keeps the horizon-1 forecast, in place of the one before.</summary>
    /// <param name="y">The head's outputs.</param>
    /// <param name="memory">The stream's memory as <see cref="Prepare"/> left it.</param>
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

    /// <summary>Drops the horizon-1 forecast, so that a missing value will not take it.</summary>
    public void ForgetForecast(Span<double> memory) => memory.Slice(_forecast, _inputs).Fill(double.NaN);

    private double Impute(int i, Span<double> memory)
    {
        if (double.IsFinite(memory[_forecast + i])) return memory[_forecast + i];
        if (double.IsFinite(memory[_last + i])) return memory[_last + i];
        return _normalisation.Kind switch
        {
            NormalisationKind.Fixed => _normalisation.Mean[i],
            NormalisationKind.Running => memory[_inputs + i],
            _ => 0,
        };
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
    }

    private double Normalise(int i, double value, Span<double> memory)
    {
        switch (_normalisation.Kind)
        {
            case NormalisationKind.Fixed:
                return (value - _normalisation.Mean[i]) / _normalisation.Std[i];
            case NormalisationKind.Running:
                (double mean, double std) = Running(i, memory);
                return Math.Clamp((value - mean) / std, -RunningLimit, RunningLimit);
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

    private (double Mean, double Std) MappingOf(int output, ReadOnlySpan<double> memory)
    {
        int input = _inputOfOutput[output];
        if (input < 0)
        {
            return _model.Forecast.Scale is { } scale ? (scale.Mean[output], scale.Std[output]) : (0, 1);
        }

        return _normalisation.Kind switch
        {
            NormalisationKind.Fixed => (_normalisation.Mean[input], _normalisation.Std[input]),
            NormalisationKind.Running => Running(input, memory),
            _ => (0, 1),
        };
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

    private bool IsWarming(ReadOnlySpan<double> memory)
    {
        if (!IsRunning) return false;
        for (int i = 0; i < _inputs; i++)
            if (memory[i] < 2) return true;
        return false;
    }
}
