using Realtime.Daemon.Frames;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Simulation;

internal sealed record RecordedChange(Change Change, double[] Values, byte[] Bytes);

internal sealed record RecordedFrame(long Frame, long Now, IReadOnlyList<RecordedChange> Changes, uint Checksum);

/// <summary>Keeps the records of all frames.</summary>
internal sealed class RecordingJournal : IJournal
{
    public List<RecordedFrame> Frames { get; } = [];

    public IEnumerable<RecordedChange> Changes => Frames.SelectMany(static frame => frame.Changes);

    public bool Records => true;

    public ulong Written => (ulong)Frames.Count;

    public ulong Durable => Written;

    public string? Fault => null;

    public string? Warning => null;

    public bool CanTake(long bytes) => true;

    public bool TryReopen() => true;

    public void Append(in FrameRecord record)
    {
        var changes = new List<RecordedChange>();
        foreach (var change in record.Changes)
        {
            var isTick = change.Kind is ChangeKind.Tick or ChangeKind.Prediction;
            changes.Add(new RecordedChange(
                change, isTick ? record.Values.Slice(change.Data.Offset, change.Data.Length).ToArray() : [],
                isTick ? [] : change.Data.Of(record.Bytes).ToArray()));
        }

        Frames.Add(new RecordedFrame(record.Frame, record.Now, changes, record.Checksum));
    }
}
