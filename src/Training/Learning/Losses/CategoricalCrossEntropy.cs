namespace Realtime.Training.Learning.Losses;

/// <summary>
/// −log p_t for the class t of a step, p = softmax(a), for a softmax head; taken of the sums as log Σ e^a − a_t, whose
/// derivative is p − 1{t}. The target is the number of the class.
/// </summary>
public sealed class CategoricalCrossEntropy : Loss
{
    public override bool TakesSums => true;

    public override int TargetsFor(int outputs) => 1;

    public override void Add(
        ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, Span<float> gradient, ref LossSum sum)
    {
        gradient.Clear();
        if (float.IsNaN(targets[0]))
        {
            return;
        }
        var label = (int)targets[0];
        if (label != targets[0] || (uint)label >= (uint)outputs.Length)
        {
            throw new ArgumentException(
                $"expected the number of a class, 0 to {outputs.Length - 1}, found {targets[0]}", nameof(targets));
        }
        outputs.CopyTo(gradient);
        sum.Total += Softmax.Of(gradient[..outputs.Length]) - outputs[label];
        sum.Count++;
        gradient[label] -= 1;
    }
}
