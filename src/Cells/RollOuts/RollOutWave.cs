using System.Runtime.InteropServices;

namespace Realtime.Cells.RollOuts;

/// <summary>
/// Streams that are rolled out together, in the units of their values: from what a <see cref="Preprocessor"/> keeps of
/// them to the forecasts. Used again and again; not thread-safe.
/// </summary>
/// <remarks>
/// Without a decoder the first forecast is the stream's own of the next tick, whichever head made it, and the model
/// steps on from there; with one, the decoder begins with the last value and makes them all.
/// </remarks>
public sealed class RollOutWave
{
    private readonly IRollOut _rollOut;
    private readonly Model _model;
    private readonly Preprocessor _preprocessor;
    private readonly FeatureSet _features;
    private readonly bool _isDecoder;
    private readonly int[] _outputs;
    private readonly int _points;
    private readonly List<double> _bases = [];
    private readonly List<double> _scales = [];
    private readonly List<int> _rows = [];
    private readonly float[] _times;
    private float[] _inputs = [];
    private float[] _numbers = [];
    private float[] _known = [];
    private float[] _results = [];

    /// <param name="rollOut">Steps them; it stays its owner's.</param>
    /// <param name="isDecoder">Its model takes over from another one.</param>
    public RollOutWave(IRollOut rollOut, bool isDecoder = false)
    {
        ArgumentNullException.ThrowIfNull(rollOut);
        _rollOut = rollOut;
        _model = rollOut.FeedBack.Model;
        _preprocessor = new Preprocessor(_model);
        _features = new FeatureSet(_model.One);
        _isDecoder = isDecoder;
        _outputs = [.. _model.Inputs.Select(input => Array.IndexOf(_model.Forecast.Outputs, input))];
        _points = rollOut.FeedBack.Points;
        _times = new float[_model.One.NetworkInputCount];
    }

    /// <summary>Streams so far.</summary>
    public int Count => _rows.Count;

    /// <summary>Forecasts of each stream.</summary>
    public int Steps { get; private set; }

    /// <summary>The network sees the time of day or week.</summary>
    public bool SeesTime => _rollOut.FeedBack.Known > 0;

    // Steps of the network; the first forecast is there already where it is no decoder.
    private int Turns => _isDecoder ? Steps : Steps - 1;

    public void Begin(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        Steps = steps;
        _rows.Clear();
        _bases.Clear();
        _scales.Clear();
    }

    /// <summary>Adds a stream.</summary>
    /// <param name="row">Its row of the engine.</param>
    /// <param name="memory">What the preprocessor keeps of it, as its last tick left it.</param>
    /// <param name="times">Nanoseconds since 1970 of the last tick, then of those ahead, as many as are known.</param>
    /// <returns>False: it has no forecast of the next tick yet, and was not added.</returns>
    public bool Add(int row, ReadOnlySpan<double> memory, ReadOnlySpan<long> times)
    {
        for (int i = 0; !_isDecoder && i < _points; i++)
            if (!double.IsFinite(_preprocessor.LastForecast(memory)[i])) return false;
        int at = _rows.Count, copies = _model.Copies, width = _model.One.NetworkInputCount;
        int numbers = _rollOut.FeedBack.Numbers, each = _points / copies;
        _rows.Add(row);
        Fit(ref _inputs, (at + 1) * copies * width);
        Fit(ref _numbers, (at + 1) * copies * numbers);
        Fit(ref _known, (at + 1) * Turns * _rollOut.FeedBack.Known);
        for (int copy = 0; copy < copies; copy++)
        {
            Span<float> x = _inputs.AsSpan((at * copies + copy) * width, width);
            Span<float> of = _numbers.AsSpan((at * copies + copy) * numbers, numbers);
            for (int i = 0; i < each; i++) AddInput(copy * each + i, i, memory, x, of);
            AddDifferences(copy, memory, x, of);
            if (SeesTime) _features.FillTimes(TimeOf(times, _isDecoder ? 0 : 1), x, []);
        }

        for (int turn = 0; SeesTime && turn < Turns; turn++) AddTimes(at, turn, times);
        return true;
    }

    /// <summary>Rolls all out.</summary>
    public void Run()
    {
        if (Turns == 0 || Count == 0) return;
        int results = Count * Turns * _points;
        Fit(ref _results, results);
        var start = new RollOutStart(Turns, _inputs.AsSpan(0, Count * _model.NetworkInputCount),
            _numbers.AsSpan(0, Count * _model.Copies * _rollOut.FeedBack.Numbers),
            _known.AsSpan(0, Count * Turns * _rollOut.FeedBack.Known));
        _rollOut.Run(CollectionsMarshal.AsSpan(_rows), in start,
            _results.AsSpan(0, results));
    }

    /// <summary>A stream's forecasts.</summary>
    /// <param name="index">Which, in the order they were added.</param>
    /// <param name="forecasts">[steps, outputs].</param>
    public void Read(int index, Span<double> forecasts)
    {
        int copies = _model.Copies, each = _points / copies, first = _isDecoder ? 0 : 1;
        for (int input = 0; input < _points; input++)
        {
            double value = _bases[index * _points + input];
            (double mean, double scale) = (_scales[2 * (index * _points + input)],
                _scales[2 * (index * _points + input) + 1]);
            if (first == 1) forecasts[_outputs[input]] = value;
            int at = (index * copies + input / each) * Turns * each + input % each;
            for (int turn = 0; turn < Turns; turn++)
            {
                float point = _results[at + turn * each];
                value = _rollOut.FeedBack.IsDifference ? value + scale * point : mean + scale * point;
                forecasts[(first + turn) * _points + _outputs[input]] = value;
            }
        }
    }

    private void AddInput(int input, int place, ReadOnlySpan<double> memory, Span<float> x, Span<float> numbers)
    {
        double value = _isDecoder ? _preprocessor.Base(input, memory) : _preprocessor.LastForecast(memory)[input];
        (double mean, double std) = _preprocessor.UnitsOf(input, memory);
        double scale = _rollOut.FeedBack.IsDifference ? _preprocessor.Scale(input, memory) : std;
        _bases.Add(value);
        _scales.Add(mean);
        _scales.Add(scale);
        float limit = _rollOut.FeedBack.InputLimit;
        numbers[place] = (float)((value - mean) / std);
        numbers[_points / _model.Copies + place] = (float)(scale / std);
        x[place] = Math.Clamp(numbers[place], -limit, limit);
    }

    private void AddDifferences(int copy, ReadOnlySpan<double> memory, Span<float> x, Span<float> numbers)
    {
        int each = _points / _model.Copies;
        ReadOnlySpan<DerivedDifference> differences = _rollOut.FeedBack.Differences;
        for (int i = 0; i < differences.Length; i++)
        {
            DerivedDifference difference = differences[i];
            int input = copy * each + difference.Input;
            double scale = difference.Std ?? _preprocessor.Scale(input, memory);
            double change = _preprocessor.LastForecast(memory)[input] - _preprocessor.Previous(input, memory);
            double unit = _rollOut.FeedBack.IsDifference
                ? _preprocessor.Scale(input, memory) : _preprocessor.UnitsOf(input, memory).Std;
            numbers[2 * each + i] = (float)(unit / scale);
            x[difference.At] = double.IsNaN(change)
                ? 0 : (float)Math.Clamp(change / scale, -difference.Clip, difference.Clip);
        }
    }

    // Behind a turn comes the next input.
    private void AddTimes(int stream, int turn, ReadOnlySpan<long> times)
    {
        int known = _rollOut.FeedBack.Known;
        _features.FillTimes(TimeOf(times, turn + (_isDecoder ? 1 : 2)), _times, []);
        for (int i = 0; i < known; i++)
            _known[(stream * Turns + turn) * known + i] = _times[_rollOut.FeedBack.Times[i]];
    }

    private static long TimeOf(ReadOnlySpan<long> times, int ahead) =>
        ahead < times.Length ? times[ahead] : Preprocessor.NoTime;

    private static void Fit(ref float[] array, int count)
    {
        if (count > array.Length) Array.Resize(ref array, Math.Max(count, 2 * array.Length));
    }
}
