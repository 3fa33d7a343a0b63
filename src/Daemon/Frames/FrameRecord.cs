using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>What happened to one stream, or to all. The numbers are part of the journal's format.</summary>
public enum ChangeKind : byte
{
    /// <summary>The stream got its row; it carries the name.</summary>
    Admitted = 1,

    /// <summary>A tick was accepted; it carries seq, run, time and values.</summary>
    Tick = 2,

    /// <summary>A tick that never came was stepped over with imputed values.</summary>
    Imputed = 3,

    /// <summary>Hidden state and statistics went back to their start.</summary>
    Reset = 4,

    /// <summary>The whole state was replaced; it carries the state map.</summary>
    Put = 5,

    /// <summary>The row was given up on request.</summary>
    Forgotten = 6,

    /// <summary>The row was given up for idleness.</summary>
    Evicted = 7,

    /// <summary>
    /// A tick was refused, and later ones wait for it; it carries the seq owed, 0 where it no longer is. The row is -1
    /// where the stream has none; then it carries the name, and the greatest seq where nothing is owed any longer.
    /// </summary>
    Owed = 8,

    /// <summary>What the bits of later frames depend on beside them; it carries a description of the models, their
    /// settings and the engine.</summary>
    Setup = 9,

    /// <summary>
    /// The prediction made for a tick of this frame; it carries seq, flags and numbers. Kept on request only, and
    /// nothing a replay needs.
    /// </summary>
    Prediction = 10,
}

/// <summary>One change of the world, in the order in which it happened.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Row">The stream's row at that moment.</param>
/// <param name="Model">Index of the model that serves the stream.</param>
/// <param name="IsId">The stream's first tick named it by an unsigned integer.</param>
/// <param name="Seq">The tick's sequence number.</param>
/// <param name="Run">The stream's run after the change; null where it has none.</param>
/// <param name="Time">The tick's time, ns since 1970.</param>
/// <param name="Data">A tick's values or a prediction within <see cref="FrameRecord.Values"/>, or a name, state or
/// description within <see cref="FrameRecord.Bytes"/>.</param>
/// <param name="Flags">Of a prediction.</param>
public readonly record struct Change(
    ChangeKind Kind, int Row, int Model, bool IsId, ulong Seq, ulong? Run, long Time, Slice Data,
    PredictionFlags Flags = PredictionFlags.None);

/// <summary>All changes of one frame.</summary>
public readonly ref struct FrameRecord(
    long frame, long now, ReadOnlySpan<Change> changes, ReadOnlySpan<double> values, ReadOnlySpan<byte> bytes,
    uint checksum = 0)
{
    public long Frame { get; } = frame;

    /// <summary>The frame's clock, ns since 1970.</summary>
    public long Now { get; } = now;

    public ReadOnlySpan<Change> Changes { get; } = changes;
    public ReadOnlySpan<double> Values { get; } = values;
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>CRC-32C of the bits of the predictions made for its ticks, in their order.</summary>
    public uint Checksum { get; } = checksum;
}
