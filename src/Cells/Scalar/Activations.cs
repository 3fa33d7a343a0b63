namespace Realtime.Cells.Scalar;

/// <summary>The activation functions of the reference, in double.</summary>
internal static class Activations
{
    /// <summary>
    /// No value between layers is larger: linear and relu results are limited to it, so that a finite but huge value
    /// cannot become an infinity, and then a NaN, in a state.
    /// </summary>
    public const float Limit = 1e30f;

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Limited(double x) => Math.Clamp(x, -Limit, Limit);

    public static double Relu(double x) => Math.Clamp(x, 0, Limit);

    public static double Apply(Activation activation, double x) => activation switch
    {
        Activation.Sigmoid => Sigmoid(x),
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => Relu(x),
        _ => Limited(x),
    };
}
