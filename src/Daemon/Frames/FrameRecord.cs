using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>What happened to one stream.</summary>
public enum ChangeKind : byte
{
    /// <summary>The stream got its row; it carries the name.</summary>
    Admitted,

    /// <summary>A tick was accepted; it carries seq, run, time and values.</summary>
    Tick,

    /// <summary>A tick that never came was stepped over with imputed values.</summary>
    Imputed,

    /// <summary>Hidden state and statistics went back to their start.</summary>
    Reset,

    /// <summary>The whole state was replaced; it carries the state map.</summary>
    Put,

    /// <summary>The row was given up on request.</summary>
    Forgotten,

    /// <summary>The row was given up for idleness.</summary>
    Evicted,
}

/// <summary>One change of the world, in the order in which it happened.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Row">The stream's row at that moment.</param>
/// <param name="Model">Index of the model that serves the stream.</param>
/// <param name="IsId">The stream's first tick named it by an unsigned integer.</param>
/// <param name="Seq">The tick's sequence number.</param>
/// <param name="Run">The stream's run after the change; null where it has none.</param>
/// <param name="Time">The tick's time, ns since 1970.</param>
/// <param name="Data">A tick's values within <see cref="FrameRecord.Values"/>, or a name or state within
/// <see cref="FrameRecord.Bytes"/>.</param>
public readonly record struct Change(
    ChangeKind Kind, int Row, int Model, bool IsId, ulong Seq, ulong? Run, long Time, Slice Data);

/// <summary>All changes of one frame.</summary>
public readonly ref struct FrameRecord(
    long frame, long now, ReadOnlySpan<Change> changes, ReadOnlySpan<double> values, ReadOnlySpan<byte> bytes)
{
    public long Frame { get; } = frame;

    /// <summary>The frame's clock, ns since 1970.</summary>
    public long Now { get; } = now;

    public ReadOnlySpan<Change> Changes { get; } = changes;
    public ReadOnlySpan<double> Values { get; } = values;
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
