namespace Realtime.Cells;

/// <summary>
/// A number, or several, derived from a tick beside its normalised inputs.
/// </summary>
/// <param name="Network">Whether the network sees it; else only an adaptive head does.</param>
public abstract record Feature(bool Network)
{
    /// <summary>Numbers it gives per tick.</summary>
    public abstract int Width { get; }
}

/// <summary>
/// (x_t − x_(t−1)) / s within ±<paramref name="Clip"/>, s being the input's scale; 0 where either value is missing.
/// </summary>
/// <param name="Of">The input's name.</param>
/// <param name="Clip">The largest size, above 0.</param>
/// <param name="Std">s, above 0; null: with running normalisation the stream's own, else of
/// <see cref="Forecast.DifferenceStd"/>.</param>
/// <param name="Network">Whether the network sees it.</param>
public sealed record DifferenceFeature(
    string Of, double Clip = DifferenceFeature.DefaultClip, double? Std = null, bool Network = true) : Feature(Network)
{
    public const double DefaultClip = 5;

    public override int Width => 1;
}

/// <summary>
/// sin and cos of 2πk · the time of day in UTC, for k = 1 … <paramref name="Harmonics"/>; 0 where the tick has no
/// plausible time of its own.
/// </summary>
public sealed record HourFeature(int Harmonics = 1, bool Network = true) : Feature(Network)
{
    /// <summary>The most harmonics: a period of an hour.</summary>
    public const int MaxHarmonics = 24;

    public override int Width => 2 * Harmonics;
}

/// <summary>
/// sin and cos of 2π · the time since Monday, 00:00 UTC, in weeks; 0 where the tick has no plausible time of its own.
/// </summary>
public sealed record WeekdayFeature(bool Network = true) : Feature(Network)
{
    public override int Width => 2;
}
