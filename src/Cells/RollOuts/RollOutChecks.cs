using System.Diagnostics.CodeAnalysis;

namespace Realtime.Cells.RollOuts;

/// <summary>What every engine asks of a roll-out before it begins.</summary>
public static class RollOutChecks
{
    /// <exception cref="ArgumentException">A span or a row does not fit.</exception>
    public static void Check(
        FeedBack feedBack, ReadOnlySpan<int> rows, int known, in RollOutStart start, ReadOnlySpan<float> points)
    {
        ArgumentNullException.ThrowIfNull(feedBack);
        ArgumentOutOfRangeException.ThrowIfLessThan(start.Steps, 1);
        int n = rows.Length, copies = feedBack.Model.Copies;
        Expect("inputs", (long)n * feedBack.Model.NetworkInputCount, start.Inputs.Length);
        Expect("numbers", (long)n * copies * feedBack.Numbers, start.Numbers.Length);
        Expect("known numbers", (long)n * start.Steps * feedBack.Known, start.Known.Length);
        Expect("points", (long)n * start.Steps * feedBack.Points, points.Length);
        foreach (int row in rows)
            if ((uint)row >= (uint)known) Fail($"row {row}: expected one below {known}");
    }

    private static void Expect(string what, long expected, int found)
    {
        if (found != expected) Fail($"expected {expected} {what}, found {found}");
    }

    [DoesNotReturn]
    private static void Fail(string fault) => throw new ArgumentException(fault);
}
