namespace Realtime.Cells.Vectors;

/// <summary>
/// Weights and biases of gates are scaled, so that their sum x comes out as the exponent of the power of two that the
/// gate is made of: σ(x) = 1 / (1 + 2^(−x log2 e)), tanh(x) = (B − 1) / (B + 1) with B = 2^(2 x log2 e). It spares a
/// multiplication per gate and unit, and costs each weight one more rounding.
/// </summary>
internal static class PowerScale
{
    private const double LogTwoOfE = 1.4426950408889634;

    /// <summary>A weight or bias, scaled; still finite.</summary>
    /// <param name="tanh">Whether its gate is a tanh; else a sigmoid.</param>
    /// <param name="value">Unscaled.</param>
    public static float Of(bool tanh, float value) =>
        (float)Math.Clamp((tanh ? 2 : -1) * LogTwoOfE * value, float.MinValue, float.MaxValue);
}
