namespace Realtime.Training.Learning.Losses;

/// <summary>
/// −t log p − (1 − t) log(1 − p), p = σ(a), for a target t in 0…1 and a sigmoid head; taken of the sum a as
/// max(a, 0) − t a + log(1 + e^−|a|), whose derivative is p − t.
/// </summary>
public sealed class BinaryCrossEntropy : Loss
{
    public override bool TakesSums => true;

    private protected override double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient)
    {
        double a = outputs[0], t = target;
        gradient[0] = (float)(1 / (1 + Math.Exp(-a)) - t);
        return Math.Max(a, 0) - t * a + Math.Log(1 + Math.Exp(-Math.Abs(a)));
    }
}
