namespace Realtime.Training.Learning;

/// <summary>
/// A window of several sequences side by side. Sequences of unequal lengths end in steps whose targets are all NaN.
/// </summary>
public sealed class Batch
{
    /// <param name="rows">Sequences.</param>
    /// <param name="steps">Steps of the longest.</param>
    /// <param name="inputs">Numbers per step.</param>
    /// <param name="targets">Numbers per step, too.</param>
    public Batch(int rows, int steps, int inputs, int targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        (Rows, Steps, InputCount, TargetCount) = (rows, steps, inputs, targets);
        Inputs = new float[checked(steps * rows * inputs)];
        Targets = new float[checked(steps * rows * targets)];
        Resets = new bool[rows];
        Array.Fill(Targets, float.NaN);
    }

    public int Rows { get; }
    public int Steps { get; }
    public int InputCount { get; }
    public int TargetCount { get; }

    /// <summary>[step][row][input], as the network takes them.</summary>
    public float[] Inputs { get; }

    /// <summary>[step][row][target]; NaN is masked.</summary>
    public float[] Targets { get; }

    /// <summary>Where states are carried over: rows at which another sequence begins, from zero.</summary>
    public bool[] Resets { get; }

    public Span<float> InputsAt(int step, int row) =>
        Inputs.AsSpan((step * Rows + row) * InputCount, InputCount);

    public Span<float> TargetsAt(int step, int row) =>
        Targets.AsSpan((step * Rows + row) * TargetCount, TargetCount);
}
