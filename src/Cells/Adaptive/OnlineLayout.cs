using System.Runtime.InteropServices;

namespace Realtime.Cells.Adaptive;

/// <summary>Where a stream's adaptive memory has what. Doubles and counts come first, then floats.</summary>
internal sealed class OnlineLayout
{
    /// <summary>Floats beside the half-widths of a pending forecast: the two heads' differences.</summary>
    public const int PendingHeads = 2;

    private readonly List<OnlineSlot> _slots = [];
    private readonly List<(double Least, double Most)> _bounds = [];
    private int _at;

    public OnlineLayout(OnlinePlan plan)
    {
        int ring = plan.Ring, outputs = plan.Outputs, levels = plan.Intervals.Length;
        int features = FixedOrder.Padded(plan.Features);
        Pairs = plan.Learning * outputs;
        Pending = plan.Horizons.Take(plan.Learning).Sum() * outputs;
        PendingWidth = PendingHeads + levels;

        const double any = double.MaxValue;
        Ticks = Add("ticks", 1, OnlineNumber.Integers, 0, any);
        Newest = Add("newest", 1, OnlineNumber.Integers, -any, any);
        Seqs = Add("seqs", ring, OnlineNumber.Integers, -any, any);
        Bases = Add("bases", ring * outputs, OnlineNumber.Doubles, -any, any);
        Scales = Add("scales", ring * outputs, OnlineNumber.Doubles, 0, OnlineCore.LargestScale);
        Centres = Add("centres", Pending, OnlineNumber.Doubles, -any, any);
        MissRates = Add("missRates", Pairs * levels, OnlineNumber.Doubles, -0.5, 1.5);
        Ranges = Add("ranges", plan.Score ? AnomalyScore.Level + 2 * outputs : 0, OnlineNumber.Doubles,
            double.NegativeInfinity, double.PositiveInfinity);

        Factors = Add("factors", UdCovariance.Triangle(plan.Features), OnlineNumber.Floats, -1e18, 1e18);
        Diagonal = Add("diagonal", features, OnlineNumber.Floats, 0, plan.LargestD);
        double weight = OnlineCore.LargestWeight;
        Weights = Add("weights", plan.Adapts ? Pairs * features : 0, OnlineNumber.Floats, -weight, weight);
        Features = Add("features", ring * features, OnlineNumber.Floats, -1e3, 1e3);
        Gains = Add("gains", ring * features, OnlineNumber.Floats, -1e18, 1e18);
        Spreads = Add("spreads", plan.Adapts ? ring : 0, OnlineNumber.Floats, 0, 1e18);
        Largest = Add("largest", plan.Adapts ? 1 : 0, OnlineNumber.Floats, 0, OnlineCore.BrokenDiagonal);
        Ages = Add("ages", ring, OnlineNumber.Floats, 0, OnlineCore.OldestAge);
        Forecasts = Add(
            "forecasts", Pending * PendingWidth, OnlineNumber.Floats, -1e3, double.PositiveInfinity);
        Gates = Add("gates", plan.Adapts ? Pairs * Gate.Floats : 0, OnlineNumber.Floats, -1e6, 1e6);
        Residuals = Add(
            "residuals", levels > 0 ? Pairs * ConformalInterval.Bins : 0, OnlineNumber.Floats, 0, 1e3);
        Score = Add("score", plan.Score ? AnomalyScore.Floats : 0, OnlineNumber.Floats, 0, 1e6);
        _ = Add("padding", _at / sizeof(float) & 1, OnlineNumber.Floats, 0, 0);
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

    /// <summary>What can't be in a stream's memory, or null.</summary>
    public string? FaultIn(ReadOnlySpan<byte> memory)
    {
        for (int i = 0; i < _slots.Count; i++)
        {
            OnlineSlot slot = _slots[i];
            (double least, double most) = _bounds[i];
            for (int k = 0; k < slot.Count; k++)
            {
                double number = NumberAt(memory[slot.ByteOffset..], slot.Type, k);
                if (number >= least && number <= most) continue;
                if (double.IsNaN(number) && slot.ByteOffset == Bases) continue;
                return $"{slot.Name}[{k}] is {number:r}, expected {least:r} to {most:r}";
            }
        }

        return null;
    }

    private static double NumberAt(ReadOnlySpan<byte> bytes, OnlineNumber type, int k) => type switch
    {
        OnlineNumber.Floats => MemoryMarshal.Read<float>(bytes[(k * sizeof(float))..]),
        OnlineNumber.Doubles => MemoryMarshal.Read<double>(bytes[(k * sizeof(double))..]),
        _ => MemoryMarshal.Read<long>(bytes[(k * sizeof(long))..]),
    };

    private int Add(string name, int count, OnlineNumber type, double least, double most)
    {
        int start = _at;
        if (count == 0) return start;
        var slot = new OnlineSlot(name, start, count, type);
        _slots.Add(slot);
        _bounds.Add((least, most));
        _at = checked(_at + slot.Bytes);
        return start;
    }
}
