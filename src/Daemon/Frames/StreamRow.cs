using System.Runtime.InteropServices;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// What one stream has been through, part of its state: only what stepped ticks did to it. A tick that is not stepped
/// leaves no trace here.
/// </summary>
public struct StreamCounts
{
    public long Stepped;
    public long Imputed;
    public long Gaps;
    public long Late;
}

/// <summary>
/// How well the horizon-1 forecasts of a stream have done lately, beside persistence: exponentially weighted means of
/// the absolute error over the outputs that are inputs.
/// </summary>
public struct ErrorStatistics
{
    // 1 - 2^(-1/200): half of the weight lies on the last 200 ticks.
    private const double Weight = 0.003459737172132;

    // The largest n with 1/n above the weight.
    private const int PlainMeans = 289;

    public long Scored;
    public double AbsoluteError;
    public double PersistenceAbsoluteError;

    /// <summary>What the n-th number counts in such a mean.</summary>
    public static double WeightOf(long n) => n > PlainMeans ? Weight : Math.Max(Weight, 1.0 / n);

    /// <summary>The mean absolute error in persistence's; NaN where that is 0 or nothing was scored.</summary>
    public readonly double Ratio => Scored == 0 || PersistenceAbsoluteError <= 0 ? double.NaN
        : AbsoluteError / PersistenceAbsoluteError;

    /// <summary>Scores one tick; the mean of the first ticks is a plain one.</summary>
    public void Add(double absoluteError, double persistenceAbsoluteError)
    {
        Scored++;
        var weight = WeightOf(Scored);
        AbsoluteError += weight * (absoluteError - AbsoluteError);
        PersistenceAbsoluteError += weight * (persistenceAbsoluteError - PersistenceAbsoluteError);
    }
}

/// <summary>
/// One stream of the table: everything about it but its name, its hidden state, its memory and its last prediction.
/// </summary>
/// <remarks>
/// What every tick needs comes first, in whole cache lines: that of the step stage, that of the decode stage, then the
/// order with the remembered gaps at its end.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public struct StreamRow
{
    /// <summary>Cache lines that hold what the step stage needs.</summary>
    public const int WarmLines = 1;

    public ErrorStatistics Errors;
    public StreamCounts Counts;
    public PredictionFlags Flags;
    public bool HasPrediction;

    /// <summary>Its last prediction was made while the stream was warming up.</summary>
    public bool Warming;

    /// <summary>An anomaly was told that has not ended.</summary>
    public bool IsAnomalous;

    /// <summary>Its first tick named it by an unsigned integer.</summary>
    public bool IsId;

    public int DuplicatesInARow;

    /// <summary>Index of the model that serves it; -1 where the row is free.</summary>
    public int Model;

    /// <summary>Its row within the model's own slabs.</summary>
    public int ModelRow;

    /// <summary>Time of its last tick, ns since 1970.</summary>
    public long Time;

    /// <summary>Frame clock when its last tick was stepped, ns since 1970.</summary>
    public long Arrival;

    /// <summary>Frame clock when it was last stepped here or put; it is idle since then.</summary>
    public long Touched;

    // Scratch of the frame it was last touched in.
    public long Frame;
    public int Wave;
    public int Item;

    // Quota of `rejected` events: which second, and how many in it.
    public long RejectedSecond;
    public int RejectedEvents;

    public StreamOrder Order;

    /// <summary>Counts a tick that <see cref="StreamOrder.Judge"/> let pass: everything it changes but what its step
    /// does.</summary>
    /// <param name="arrival">How it was judged.</param>
    /// <param name="seq">Its sequence number; null takes the next one.</param>
    /// <param name="run">Its publisher's start number, where it has one.</param>
    /// <param name="time">Its time, ns since 1970.</param>
    /// <param name="now">The frame's clock, ns since 1970.</param>
    public PredictionFlags Take(Arrival arrival, ulong? seq, ulong? run, long time, long now)
    {
        Order.Accept(arrival, seq, run);
        if (arrival is Frames.Arrival.Gap or Frames.Arrival.Restart)
            Counts.Gaps++;
        var flags = PredictionFlags.None;
        if (Counts.Stepped != 0 && time < Time)
        {
            flags = PredictionFlags.Late;
            Counts.Late++;
        }

        Time = time;
        Arrival = Touched = now;
        Counts.Stepped++;
        DuplicatesInARow = 0;
        return flags;
    }
}
