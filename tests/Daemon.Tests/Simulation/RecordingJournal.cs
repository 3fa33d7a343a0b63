using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Simulation;

internal sealed record RecordedChange(Change Change, double[] Values, byte[] Bytes);

internal sealed record RecordedFrame(long Frame, long Now, IReadOnlyList<RecordedChange> Changes, uint Checksum)
{
    public void ApplyTo(Replayer replayer)
    {
        var changes = new List<Change>();
        var values = new List<double>();
        var bytes = new List<byte>();
        foreach (var one in Changes)
        {
            var data = one.Values.Length != 0 ? new Slice(values.Count, one.Values.Length)
                : new Slice(bytes.Count, one.Bytes.Length);
            values.AddRange(one.Values);
            bytes.AddRange(one.Bytes);
            changes.Add(one.Change with { Data = data });
        }

        replayer.Apply(new FrameRecord(
            Frame, Now, changes.ToArray(), values.ToArray(), bytes.ToArray(), Checksum));
    }
}

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
