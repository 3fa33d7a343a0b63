namespace Realtime.Cells;

public enum NormalisationKind
{
    None,
    Fixed,
    Running,
}

/// <summary>How a model scales its inputs; the numbers are in the units of the values.</summary>
public sealed class Normalisation
{
    /// <summary>Standard deviations to which running normalisation limits what the network sees, if not told.</summary>
    public const double DefaultClip = 10;

    private Normalisation(
        NormalisationKind kind, double[] mean, double[] std, double halfLife, double clip = DefaultClip)
    {
        Kind = kind;
        Mean = mean;
        Std = std;
        HalfLife = halfLife;
        Clip = clip;
    }

    /// <summary>Values are used as they are.</summary>
    public static Normalisation None { get; } = new(NormalisationKind.None, [], [], 0);

    public NormalisationKind Kind { get; }

    /// <summary>Fixed: one mean per input; else empty.</summary>
    public double[] Mean { get; }

    /// <summary>Fixed: one standard deviation per input, above 0; else empty.</summary>
    public double[] Std { get; }

    /// <summary>Running: ticks after which a value counts half; else 0.</summary>
    public double HalfLife { get; }

    /// <summary>Running: the network sees inputs within ± this many standard deviations.</summary>
    public double Clip { get; }

    /// <summary>One mean and one standard deviation per input, the same for every stream.</summary>
    public static Normalisation Fixed(double[] mean, double[] std) => new(NormalisationKind.Fixed, mean, std, 0);

    /// <summary>Each stream keeps exponentially weighted statistics of its own.</summary>
    public static Normalisation Running(double halfLife, double clip = DefaultClip) =>
        new(NormalisationKind.Running, [], [], halfLife, clip);

    /// <summary>That of one input, for so many inputs that are alike.</summary>
    internal Normalisation ForEach(int inputs) => Kind == NormalisationKind.Fixed
        ? Fixed([.. Enumerable.Repeat(Mean[0], inputs)], [.. Enumerable.Repeat(Std[0], inputs)])
        : this;
}
