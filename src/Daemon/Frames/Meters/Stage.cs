namespace Realtime.Daemon.Frames.Meters;

/// <summary>The parts of a frame in their order: every moment of it belongs to one.</summary>
public enum Stage
{
    Ingest,
    Decode,
    Step,
    Journal,
    Emit,
}
