using System.Numerics;

namespace Realtime.Training.Learning.Losses;

/// <summary>The mean squared error, e²; derivative 2e.</summary>
public sealed class SquaredLoss : PointLoss
{
    public override (double Loss, double Derivative) Of(double error) => (error * error, 2 * error);

    public override void Add(
        ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, Span<float> gradient, ref LossSum sum)
    {
        var width = Vector<float>.Count;
        var whole = targets.Length - targets.Length % width;
        for (var i = 0; i < whole; i += width)
        {
            var error = new Vector<float>(outputs[i..]) - new Vector<float>(targets[i..]);
            // A NaN differs from itself.
            var present = Vector.Equals(error, error);
            error = Vector.ConditionalSelect(present, error, Vector<float>.Zero);
            (error + error).CopyTo(gradient[i..]);
            sum.Total += Vector.Sum(error * error);
            sum.Count -= Vector.Sum(present);
        }
        base.Add(outputs[whole..], targets[whole..], gradient[whole..], ref sum);
    }
}
