namespace Realtime.Training.Learning.Losses;

/// <summary>
/// −log p_t for the class t of a step, p = softmax(a), for a softmax head; taken of the sums as log Σ e^a − a_t, whose
/// derivative is p − 1{t}. The target is the number of the class.
/// </summary>
public sealed class CategoricalCrossEntropy : Loss
{
    public override bool TakesSums => true;

    public override int TargetsFor(int outputs) => 1;

    private protected override double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient)
    {
        var label = (int)target;
        if (label != target || (uint)label >= (uint)outputs.Length)
        {
            throw new ArgumentException(
                $"expected the number of a class, 0 to {outputs.Length - 1}, found {target}", nameof(target));
        }
        outputs.CopyTo(gradient);
        var loss = Softmax.Of(gradient) - outputs[label];
        gradient[label] -= 1;
        return loss;
    }
}
