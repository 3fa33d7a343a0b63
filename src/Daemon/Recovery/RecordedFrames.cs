using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>The records of a journal, made again.</summary>
internal static class RecordedFrames
{
    /// <summary>Applies the record read last.</summary>
    /// <exception cref="InvalidDataException">It does not fit; the message says which one, and where it is.</exception>
    public static void ApplyTo(this JournalReader reader, Replayer replayer)
    {
        try
        {
            replayer.Apply(reader.Record, reader.Number);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(
                $"{reader.File} at byte {reader.Offset}, record {reader.Number}: {e.Message}", e);
        }
    }
}
