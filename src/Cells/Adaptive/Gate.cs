using System.Runtime.CompilerServices;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// How far one forecast of a difference is to be believed: ω = EW[y·d] / EW[d²] within [0, 1] is the share of d that
/// would have had the least squared error lately; ω = 0 is persistence. Two heads are judged side by side.
/// </summary>
internal static unsafe class Gate
{
    /// <summary>EW of y·d and d² of the adaptive head, of the frozen head; then ρ² of the adaptive head's errors.
    /// </summary>
    public const int Floats = 5;

    /// <summary>Ticks after which a pair counts half.</summary>
    public const double HalfLife = 200;

    /// <summary>Ticks of a stream from which on forecasts are judged.</summary>
    public const int FirstJudged = 10;

    /// <summary>Ticks of a stream from which on heads are believed.</summary>
    public const int FirstBelieved = 50;

    private const int Adaptive = 0, Frozen = 2, Square = 4;

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
        Move(ref gate[Adaptive], y * adaptive);
        Move(ref gate[Adaptive + 1], adaptive * adaptive);
        Move(ref gate[Frozen], y * frozen);
        Move(ref gate[Frozen + 1], frozen * frozen);
    }

    /// <summary>The better head and its ω; 0 where persistence is better than both.</summary>
    public static (bool Frozen, float Share) Choose(float* gate)
    {
        (float adaptive, float gained) = Share(gate[Adaptive], gate[Adaptive + 1]);
        (float frozen, float frozenGained) = Share(gate[Frozen], gate[Frozen + 1]);
        return frozenGained > gained ? (true, frozen) : (false, adaptive);
    }

    // What ω takes off EW[y²]: 2 ω EW[y·d] − ω² EW[d²].
    private static (float Share, float Gained) Share(float cross, float square)
    {
        if (!(cross > 0) || !(square > 0)) return (0, 0);
        float share = MathF.Min(cross / square, 1);
        return (share, share * (2 * cross - share * square));
    }

    // Numbers that have all but vanished are 0, for denormal ones are slow.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(ref float mean, float value)
    {
        float next = mean + _alpha * (value - mean);
        mean = MathF.Abs(next) < 1e-25f ? 0 : next;
    }
}
