using System.Collections.Concurrent;

namespace Realtime.Daemon.Frames.HandOver;

/// <summary>Copies of the records of the frames that are going on, for a model that catches up on another thread.
/// </summary>
public sealed class ChangeTap
{
    private readonly ConcurrentQueue<Copy> _records = new();

    /// <summary>Records that nobody has taken yet.</summary>
    public int Count => _records.Count;

    /// <summary>On the loop's thread.</summary>
    public void Add(in FrameRecord record) => _records.Enqueue(new Copy(
        record.Frame, record.Now, record.Changes.ToArray(), record.Values.ToArray(), record.Bytes.ToArray()));

    /// <summary>Takes the model through the next record; false where none is there.</summary>
    public bool TryApply(Successor warm)
    {
        if (!_records.TryDequeue(out var copy))
            return false;
        warm.Apply(new FrameRecord(copy.Frame, copy.Now, copy.Changes, copy.Values, copy.Bytes));
        return true;
    }

    private sealed record Copy(long Frame, long Now, Change[] Changes, double[] Values, byte[] Bytes);
}
