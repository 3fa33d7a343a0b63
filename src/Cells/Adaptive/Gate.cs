using System.Runtime.Intrinsics;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// How far a forecast of a difference is to be believed. EW[y·d] / EW[d²] within [0, 1] is the share of d that would
/// have had the least squared error lately; of that, ω is what is beyond chance. ω = 0 is persistence. Two heads are
/// judged side by side.
/// </summary>
/// <remarks>
/// Of y and d that have nothing to do with each other, EW[y·d] has the variance ν = EW[y²] EW[d²] a / 2, a being the
/// weight of the newest pair; ω is less by the factor 1 − ν / EW[y·d]² (its positive part, as of James and Stein 1961).
/// </remarks>
internal static unsafe class Gate
{
    /// <summary>EW of y·d and d² of the adaptive head and of the frozen head, of y²; then ρ² of the adaptive head's
    /// errors.</summary>
    public const int Floats = 6;

    /// <summary>Ticks after which a pair counts half.</summary>
    public const double HalfLife = 200;

    /// <summary>Ticks of a stream from which on forecasts are judged.</summary>
    public const int FirstJudged = 10;

    /// <summary>Ticks of a stream from which on heads are believed.</summary>
    public const int FirstBelieved = 50;

    // Numbers that have all but vanished are 0, for denormal ones are slow.
    private const float Least = 1e-25f;

    private const int Adaptive = 0, Frozen = 2, Target = 4, Square = 5;

    private static readonly float _alpha = (float)(1 - Math.Pow(2, -1 / HalfLife));

    public static void Clear(float* gate)
    {
        new Span<float>(gate, Floats).Clear();
        gate[Square] = 1;
    }

    /// <summary>ρ², the scale of the adaptive head's errors.</summary>
    public static ref float SquareOf(float* gate) => ref gate[Square];

    public static void Learn(float* gate, float y, float adaptive, float frozen)
    {
        Vector128<float> d = Vector128.Create(adaptive, adaptive, frozen, frozen);
        Vector128<float> mean = Vector128.Load(gate + Adaptive);
        Vector128<float> next = mean + _alpha * (d * Vector128.Create(y, adaptive, y, frozen) - mean);
        (next & Vector128.GreaterThan(Vector128.Abs(next), Vector128.Create(Least))).Store(gate + Adaptive);
        float square = gate[Target] + _alpha * (y * y - gate[Target]);
        gate[Target] = square < Least ? 0 : square;
    }

    /// <summary>The better head and its ω; 0 where persistence is better than both.</summary>
    public static (bool Frozen, float Share) Choose(float* gate)
    {
        float noise = 0.5f * _alpha * gate[Target];
        (float adaptive, float gained) = Share(gate + Adaptive, noise);
        (float frozen, float frozenGained) = Share(gate + Frozen, noise);
        return frozenGained > gained ? (true, frozen) : (false, adaptive);
    }

    // And what ω takes off EW[y²]: 2 ω EW[y·d] − ω² EW[d²].
    private static (float Share, float Gained) Share(float* head, float noise)
    {
        float cross = head[0], square = head[1];
        if (!(cross > 0) || !(square > 0)) return (0, 0);
        float sure = 1 - noise * (square / cross) / cross;
        if (!(sure > 0)) return (0, 0);
        float share = MathF.Min(sure * (cross / square), 1);
        return (share, share * (2 * cross - share * square));
    }
}
