namespace Realtime.Cells.Adaptive;

/// <summary>Where a stream's adaptive memory has what. Doubles and counts come first, then floats.</summary>
internal sealed class OnlineLayout
{
    /// <summary>Floats beside the half-widths of a pending forecast: the two heads' differences.</summary>
    public const int PendingHeads = 2;

    private readonly List<OnlineSlot> _slots = [];
    private int _at;

    public OnlineLayout(OnlinePlan plan)
    {
        int ring = plan.Ring, outputs = plan.Outputs, levels = plan.Intervals.Length, features = FixedOrder.Padded(plan.Features);
        Pairs = plan.Learning * outputs;
        Pending = plan.Horizons.Take(plan.Learning).Sum() * outputs;
        PendingWidth = PendingHeads + levels;

        Ticks = Add("ticks", 1, OnlineNumber.Integers);
        Newest = Add("newest", 1, OnlineNumber.Integers);
        Seqs = Add("seqs", ring, OnlineNumber.Integers);
        Bases = Add("bases", ring * outputs, OnlineNumber.Doubles);
        Scales = Add("scales", ring * outputs, OnlineNumber.Doubles);
        Centres = Add("centres", Pending, OnlineNumber.Doubles);
        MissRates = Add("missRates", Pairs * levels, OnlineNumber.Doubles);
        Ranges = Add("ranges", plan.Score ? AnomalyScore.Level + 2 * outputs : 0, OnlineNumber.Doubles);

        Factors = Add("factors", UdCovariance.Triangle(plan.Features), OnlineNumber.Floats);
        Diagonal = Add("diagonal", features, OnlineNumber.Floats);
        Weights = Add("weights", plan.Adapts ? Pairs * features : 0, OnlineNumber.Floats);
        Features = Add("features", ring * features, OnlineNumber.Floats);
        Gains = Add("gains", ring * features, OnlineNumber.Floats);
        Spreads = Add("spreads", plan.Adapts ? ring : 0, OnlineNumber.Floats);
        Largest = Add("largest", plan.Adapts ? 1 : 0, OnlineNumber.Floats);
        Ages = Add("ages", ring, OnlineNumber.Floats);
        Forecasts = Add("forecasts", Pending * PendingWidth, OnlineNumber.Floats);
        Gates = Add("gates", plan.Adapts ? Pairs * Gate.Floats : 0, OnlineNumber.Floats);
        Residuals = Add("residuals", levels > 0 ? Pairs * ConformalInterval.Bins : 0, OnlineNumber.Floats);
        Score = Add("score", plan.Score ? AnomalyScore.Floats : 0, OnlineNumber.Floats);
        _ = Add("padding", _at / sizeof(float) & 1, OnlineNumber.Floats);
    }

    /// <summary>Horizons that learn, times outputs.</summary>
    public int Pairs { get; }

    /// <summary>Forecasts that may be waiting for their values at once.</summary>
    public int Pending { get; }

    /// <summary>Floats of each: the adaptive head's difference, the frozen one's, a half-width per level.</summary>
    public int PendingWidth { get; }

    public IReadOnlyList<OnlineSlot> Slots => _slots;
    public int Bytes => _at;

    // Byte offsets.
    public int Ticks { get; }
    public int Newest { get; }
    public int Seqs { get; }
    public int Bases { get; }
    public int Scales { get; }
    public int Centres { get; }
    public int MissRates { get; }
    public int Ranges { get; }
    public int Factors { get; }
    public int Diagonal { get; }
    public int Weights { get; }
    public int Features { get; }
    public int Gains { get; }
    public int Spreads { get; }
    public int Largest { get; }
    public int Ages { get; }
    public int Forecasts { get; }
    public int Gates { get; }
    public int Residuals { get; }
    public int Score { get; }

    private int Add(string name, int count, OnlineNumber type)
    {
        int start = _at;
        if (count == 0) return start;
        var slot = new OnlineSlot(name, start, count, type);
        _slots.Add(slot);
        _at = checked(_at + slot.Bytes);
        return start;
    }
}
