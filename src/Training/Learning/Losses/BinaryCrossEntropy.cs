namespace Realtime.Training.Learning.Losses;

/// <summary>
/// −t log p − (1 − t) log(1 − p), p = σ(a), for a target t in 0…1 and a sigmoid head; taken of the sum a as
/// max(a, 0) − t a + log(1 + e^−|a|), whose derivative is p − t.
/// </summary>
public sealed class BinaryCrossEntropy : Loss
{
    public override bool TakesSums => true;

    public override void Add(
        ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, Span<float> gradient, ref LossSum sum)
    {
        for (var i = 0; i < targets.Length; i++)
        {
            gradient[i] = 0;
            if (float.IsNaN(targets[i]))
            {
                continue;
            }
            double a = outputs[i], t = targets[i];
            sum.Total += Math.Max(a, 0) - t * a + Math.Log(1 + Math.Exp(-Math.Abs(a)));
            sum.Count++;
            gradient[i] = (float)(1 / (1 + Math.Exp(-a)) - t);
        }
    }
}
