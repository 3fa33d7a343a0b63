using System.Runtime.CompilerServices;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// The arithmetic of a stream that learns, on features, bases and scales that are handed in. Holds nothing of a stream.
/// </summary>
/// <remarks>
/// A forecast of horizon H and an output is x_t + ω d s_t, d being wᵀf within ±6√H or what the frozen head says in the
/// same units. When x_(t+H) has come: y = (x_(t+H) − x_t)/s_t within ±30, e = y − wᵀf_t of the weights by then, Huber's
/// weight h = min(1, 3ρ/|e|) with ρ² an average of min(e², 25ρ²), and w ← w + k_t e / (λ/h + f_tᵀk_t), where
/// k_t = P_t f_t was the gain when the forecast was made: one covariance serves all horizons and outputs.
/// </remarks>
internal sealed unsafe class OnlineCore
{
    private const double LargestTarget = 30;
    private const double LargestForecast = 6;

    /// <summary>Ticks of a stream that nothing is learnt from: its scale means nothing yet.</summary>
    private const int FirstLearnt = 5;

    public const float LargestWeight = 1e6f;
    public const float OldestAge = 1e6f;

    /// <summary>Where the covariance is taken for broken, and starts anew.</summary>
    public const float BrokenDiagonal = 1e9f;

    /// <summary>Scales and differences of values beyond this would overflow.</summary>
    public const double LargestScale = 1e150;

    private const long None = -1;

    private readonly OnlinePlan _plan;
    private readonly OnlineLayout _layout;
    private readonly int _outputs;
    private readonly int _features;
    private readonly int _width;
    private readonly float _largestD;
    private readonly int _levels;
    private readonly int _learning;
    private readonly int _ring;
    private readonly float _forgetting;
    private readonly int[] _horizons;
    private readonly int[] _starts;
    private readonly double[] _roots;

    public OnlineCore(OnlinePlan plan)
    {
        _plan = plan;
        _layout = new OnlineLayout(plan);
        _outputs = plan.Outputs;
        _features = plan.Features;
        _width = FixedOrder.Padded(plan.Features);
        _largestD = plan.LargestD;
        _levels = plan.Intervals.Length;
        _learning = plan.Learning;
        _ring = plan.Ring;
        _forgetting = (float)plan.Forgetting;
        _horizons = plan.Horizons;
        _roots = Array.ConvertAll(plan.Horizons, horizon => Math.Sqrt(horizon));
        _starts = new int[_learning];
        for (int h = 1; h < _learning; h++) _starts[h] = _starts[h - 1] + _horizons[h - 1] * _outputs;
    }

    public OnlinePlan Plan => _plan;
    public OnlineLayout Layout => _layout;

    public void Clear(Span<byte> memory)
    {
        memory[.._layout.Bytes].Clear();
        fixed (byte* start = memory)
        {
            var at = new Parts(start, _layout);
            *at.Newest = None;
            ForgetPending(at);
            if (_plan.Adapts) ClearCovariance(at);
            for (int m = 0; m < _layout.Pairs; m++)
            {
                if (_plan.Adapts) Gate.Clear(at.Gates + m * Gate.Floats);
                if (_levels == 0) continue;
                ConformalInterval.Clear(
                    at.Residuals + m * ConformalInterval.Bins, at.MissRates + m * _levels, _plan.Intervals);
            }

            if (_plan.Score) AnomalyScore.Clear(at.Score, at.Ranges, _outputs);
        }
    }

    /// <summary>Drops what waits for values, as where sequence numbers begin anew; what was learnt stays.</summary>
    public void ForgetPending(Span<byte> memory)
    {
        fixed (byte* start = memory[.._layout.Bytes]) ForgetPending(new Parts(start, _layout));
    }

    /// <summary>Learns from the values of a tick what the forecasts made for it were worth.</summary>
    /// <param name="seq">The tick's number.</param>
    /// <param name="values">One per output, NaN where missing.</param>
    /// <param name="memory">The stream's.</param>
    public Settled Settle(ulong seq, ReadOnlySpan<double> values, Span<byte> memory)
    {
        fixed (byte* start = memory[.._layout.Bytes])
        {
            var at = new Parts(start, _layout);
            if (*at.Newest != None && seq <= (ulong)*at.Newest) ForgetPending(at);
            *at.Newest = (long)seq;
            Settled settled = SettleAll(at, seq, values[.._outputs]);

            int slot = (int)(seq % (ulong)_ring);
            bool any = false;
            for (int o = 0; o < _outputs; o++)
            {
                at.Bases[slot * _outputs + o] = values[o];
                any |= !double.IsNaN(values[o]);
            }

            // Finish completes it; until then it is not a forecast's.
            at.Seqs[slot] = None;
            if (any) ++*at.Ticks;
            return settled;
        }
    }

    /// <summary>Makes the forecasts of a tick.</summary>
    /// <param name="seq">The tick's number, which <see cref="Settle"/> has been given.</param>
    /// <param name="features">Features, the constant among them; none where there is no adaptive head.</param>
    /// <param name="last">Each output's last value.</param>
    /// <param name="scales">Each output's s, above 0.</param>
    /// <param name="frozen">The frozen head's forecasts, [horizon][output], in the units of the values.</param>
    /// <param name="memory">The stream's.</param>
    /// <param name="prediction">[horizon][output][1 + 2 levels].</param>
    public OnlineFlags Finish(ulong seq, ReadOnlySpan<float> features, ReadOnlySpan<double> last,
        ReadOnlySpan<double> scales, ReadOnlySpan<double> frozen, Span<byte> memory, Span<double> prediction)
    {
        fixed (byte* start = memory[.._layout.Bytes])
        {
            var at = new Parts(start, _layout);
            int slot = (int)(seq % (ulong)_ring);
            bool known = *at.Newest == (long)seq;
            at.Seqs[slot] = known ? (long)seq : None;
            at.Ages[slot] = Math.Min(*at.Ticks, (long)OldestAge);
            for (int o = 0; o < _outputs; o++)
            {
                double scale = scales[o];
                at.Scales[slot * _outputs + o] = scale is > 0 and < LargestScale ? scale : LargestScale;
            }

            if (_plan.Adapts) Observe(at, slot, features, known && AnyBase(at, slot));
            return Forecast(at, seq, slot, last, frozen, prediction);
        }
    }

    private Settled SettleAll(in Parts at, ulong seq, ReadOnlySpan<double> values)
    {
        IntervalHits hits = default;
        int judged = 0, scored = 0;
        double error = 0, persistence = 0, squares = 0;
        int newest = (int)(seq % (ulong)_ring);
        for (int h = 0; h < _learning; h++)
        {
            ulong then = seq - (ulong)_horizons[h];
            if (then > seq) break;
            // The ring is as long as the longest of these horizons.
            int slot = newest - _horizons[h];
            if (slot < 0) slot += _ring;
            if (at.Seqs[slot] != (long)then) continue;
            int waiting = _starts[h] + (int)(seq % (ulong)_horizons[h]) * _outputs;
            for (int o = 0; o < _outputs; o++)
            {
                double value = values[o], from = at.Bases[slot * _outputs + o];
                if (double.IsNaN(value) || double.IsNaN(from)) continue;
                double scale = at.Scales[slot * _outputs + o], centre = at.Centres[waiting + o];
                int pair = h * _outputs + o;
                float* forecast = at.Forecasts + (waiting + o) * _layout.PendingWidth;
                if (_plan.Adapts) Learn(at, pair, slot, forecast, Difference(value, from, scale));
                if (_levels > 0)
                {
                    Judge(at, pair, forecast, value, centre, scale * _roots[h], ref hits);
                    judged++;
                }

                if (h > 0) continue;
                double miss = Math.Min(Math.Abs(value - centre), double.MaxValue);
                error += miss;
                persistence += Math.Min(Math.Abs(value - from), double.MaxValue);
                squares += _outputs == 1 ? miss : miss / scale * (miss / scale);
                scored++;
            }
        }

        double score = double.NaN;
        if (_plan.Score) score = Score(at, values, scored, squares);
        return scored == 0
            ? new Settled(score, double.NaN, double.NaN, judged, hits)
            : new Settled(score, error / scored, persistence / scored, judged, hits);
    }

    private double Score(in Parts at, ReadOnlySpan<double> values, int scored, double squares)
    {
        bool novel = false;
        for (int o = 0; o < _outputs; o++)
            if (!double.IsNaN(values[o])) novel |= AnomalyScore.Widen(AnomalyScore.RangeOf(at.Ranges, o), values[o]);
        if (scored == 0) return double.NaN;
        double size = _outputs == 1 ? squares : Math.Sqrt(squares / scored);
        return AnomalyScore.Next(at.Score, at.Ranges, Math.Min(size, 1e300), novel);
    }

    private void Judge(in Parts at, int pair, float* forecast, double value, double centre, double unit,
        ref IntervalHits hits)
    {
        double miss = Math.Abs(value - centre);
        double* rates = at.MissRates + pair * _levels;
        for (int level = 0; level < _levels; level++)
        {
            float width = forecast[OnlineLayout.PendingHeads + level];
            (double low, double high) = Bounds(centre, width, unit);
            bool exact = miss == 0, hit = exact || (width >= 0 && value >= low && value <= high);
            rates[level] = ConformalInterval.Move(rates[level], _plan.Intervals[level], hit, exact);
            if (hit) hits[level]++;
        }

        ConformalInterval.Learn(at.Residuals + pair * ConformalInterval.Bins, (float)Math.Min(miss / unit, 1e30));
    }

    private void Learn(in Parts at, int pair, int slot, float* forecast, float y)
    {
        float age = at.Ages[slot];
        if (age < FirstLearnt) return;
        float* gate = at.Gates + pair * Gate.Floats;
        if (age >= Gate.FirstJudged) Gate.Learn(gate, y, forecast[0], forecast[1]);

        float* weights = at.Weights + (nint)pair * _width;
        float error = y - FixedOrder.Dot(weights, at.Features + (nint)slot * _width, _width);
        ref float square = ref Gate.SquareOf(gate);
        float share = MathF.Min(1, 3 * MathF.Sqrt(square) / MathF.Max(MathF.Abs(error), 1e-20f));
        square = MathF.Max(square + 0.01f * (MathF.Min(error * error, 25 * square) - square), 1e-4f);
        float step = error / (_forgetting / share + at.Spreads[slot]);
        FixedOrder.AddScaled(weights, step, at.Gains + (nint)slot * _width, _width, LargestWeight);
    }

    // Keeps the features with their gain, and takes them into the covariance.
    [SkipLocalsInit]
    private void Observe(in Parts at, int slot, ReadOnlySpan<float> features, bool learns)
    {
        float* kept = at.Features + (nint)slot * _width, gain = at.Gains + (nint)slot * _width;
        features[.._features].CopyTo(new Span<float>(kept, _features));
        if (!learns || at.Ages[slot] < FirstLearnt) return;
        at.Spreads[slot] = UdCovariance.Update(
            at.Factors, at.Diagonal, kept, gain, _features, _forgetting, _largestD, ref *at.Largest);
        if (*at.Largest < BrokenDiagonal && at.Spreads[slot] < float.MaxValue) return;
        ClearCovariance(at);
        at.Ages[slot] = 0;
    }

    private OnlineFlags Forecast(in Parts at, ulong seq, int slot, ReadOnlySpan<double> last,
        ReadOnlySpan<double> frozen, Span<double> prediction)
    {
        var flags = OnlineFlags.None;
        int width = 1 + 2 * _levels, to = 0;
        for (int h = 0; h < _horizons.Length; h++)
        {
            bool learns = h < _learning;
            int waiting = learns ? _starts[h] + (int)(seq % (ulong)_horizons[h]) * _outputs : 0;
            for (int o = 0; o < _outputs; o++, to += width)
            {
                int pair = h * _outputs + o;
                double scale = at.Scales[slot * _outputs + o], centre = frozen[pair];
                float* forecast = at.Forecasts + (waiting + o) * _layout.PendingWidth;
                if (learns && _plan.Adapts)
                {
                    centre = Choose(at, pair, slot, last[o], scale, frozen[pair], forecast, out OnlineFlags chosen);
                    if (pair == 0) flags = chosen;
                }

                if (learns) at.Centres[waiting + o] = centre;
                prediction[to] = centre;
                if (_levels > 0) Spread(at, h, o, learns ? forecast : null, scale, prediction.Slice(to, width));
            }
        }

        return flags;
    }

    private double Choose(in Parts at, int pair, int slot, double last, double scale, double frozen, float* forecast,
        out OnlineFlags flags)
    {
        double limit = LargestForecast * _roots[pair / _outputs];
        float* weights = at.Weights + (nint)pair * _width;
        float adaptive = FixedOrder.Dot(weights, at.Features + (nint)slot * _width, _width);
        forecast[0] = float.IsNaN(adaptive) ? 0 : (float)Math.Clamp(adaptive, -limit, limit);
        double other = Math.Clamp((frozen - last) / scale, -limit, limit);
        forecast[1] = double.IsNaN(other) ? 0 : (float)other;
        (bool isFrozen, float share) = Gate.Choose(at.Gates + pair * Gate.Floats);
        if (*at.Ticks < Gate.FirstBelieved) share = 0;
        flags = share == 0 ? OnlineFlags.Fallback : isFrozen ? OnlineFlags.Frozen : OnlineFlags.None;
        return share == 0 ? last : last + scale * (share * (double)forecast[isFrozen ? 1 : 0]);
    }

    // Half-widths and the quantiles they come to; those of a horizon that does not learn are of the longest that does.
    [SkipLocalsInit]
    private void Spread(in Parts at, int h, int o, float* forecast, double scale, Span<double> prediction)
    {
        int pair = Math.Min(h, _learning - 1) * _outputs + o;
        float* widths = stackalloc float[IntervalHits.MaxLevels];
        new Span<float>(widths, _levels).Fill(ConformalInterval.Empty);
        if (forecast != null) widths = forecast + OnlineLayout.PendingHeads;
        if (pair >= 0)
        {
            ConformalInterval.HalfWidths(
                at.Residuals + pair * ConformalInterval.Bins, at.MissRates + pair * _levels, _levels, widths);
        }

        for (int level = 0; level < _levels; level++)
        {
            (double low, double high) = Bounds(prediction[0], widths[level], scale * _roots[h]);
            prediction[_levels - level] = low;
            prediction[_levels + 1 + level] = high;
        }
    }

    private static (double Low, double High) Bounds(double centre, float width, double unit)
    {
        double half = Math.Min(Math.Max(width, 0) * unit, ConformalInterval.Unbounded);
        return float.IsPositiveInfinity(width)
            ? (Math.Min(-ConformalInterval.Unbounded, centre), Math.Max(ConformalInterval.Unbounded, centre))
            : (centre - half, centre + half);
    }

    private static float Difference(double value, double from, double scale) =>
        (float)Math.Clamp((value - from) / scale, -LargestTarget, LargestTarget);

    private bool AnyBase(in Parts at, int slot)
    {
        for (int o = 0; o < _outputs; o++)
            if (!double.IsNaN(at.Bases[slot * _outputs + o])) return true;
        return false;
    }

    private void ClearCovariance(in Parts at)
    {
        UdCovariance.Clear(at.Factors, at.Diagonal, _features, (float)_plan.Ridge);
        *at.Largest = 1 / (float)_plan.Ridge;
    }

    private void ForgetPending(in Parts at) => new Span<long>(at.Seqs, _ring).Fill(None);

    /// <summary>A stream's memory, part by part.</summary>
    private readonly struct Parts(byte* start, OnlineLayout layout)
    {
        public long* Ticks => (long*)(start + layout.Ticks);
        public long* Newest => (long*)(start + layout.Newest);
        public long* Seqs => (long*)(start + layout.Seqs);
        public double* Bases => (double*)(start + layout.Bases);
        public double* Scales => (double*)(start + layout.Scales);
        public double* Centres => (double*)(start + layout.Centres);
        public double* MissRates => (double*)(start + layout.MissRates);
        public double* Ranges => (double*)(start + layout.Ranges);
        public float* Factors => (float*)(start + layout.Factors);
        public float* Diagonal => (float*)(start + layout.Diagonal);
        public float* Weights => (float*)(start + layout.Weights);
        public float* Features => (float*)(start + layout.Features);
        public float* Gains => (float*)(start + layout.Gains);
        public float* Spreads => (float*)(start + layout.Spreads);
        public float* Largest => (float*)(start + layout.Largest);
        public float* Ages => (float*)(start + layout.Ages);
        public float* Forecasts => (float*)(start + layout.Forecasts);
        public float* Gates => (float*)(start + layout.Gates);
        public float* Residuals => (float*)(start + layout.Residuals);
        public float* Score => (float*)(start + layout.Score);
    }
}
