using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>One change of a segment, where it stands, and what it says to a model of certain inputs.</summary>
/// <param name="record">Its record's number.</param>
/// <param name="index">Its place in the record.</param>
/// <param name="change">The change.</param>
/// <param name="frame">The whole record.</param>
/// <param name="fits">A tick whose values are the model's inputs.</param>
internal delegate void RecordedChange(
    ulong record, int index, in Change change, in FrameRecord frame, bool fits);

/// <summary>Reads the changes of one segment, which may still be written to behind the last record wanted.</summary>
internal static class SegmentTicks
{
    /// <param name="disk">The folder.</param>
    /// <param name="file">The segment.</param>
    /// <param name="last">Number of the last record wanted.</param>
    /// <param name="inputs">Of the model.</param>
    /// <param name="each">Called for each change.</param>
    /// <param name="isFirst">Nothing before the segment leads to it.</param>
    /// <returns>Number of the first record that is not there, or is not wanted.</returns>
    public static ulong Read(
        IDisk disk, StateFile file, ulong last, IReadOnlyList<string> inputs, RecordedChange each, out bool isFirst)
    {
        using var segment = new SegmentReader(disk, file);
        var next = file.Number;
        isFirst = segment.Header is null or { BeginsAnew: true };
        if (segment.Header is not { } header)
            return next;
        var decoder = new RecordDecoder();
        var fits = Fits(header.Description, inputs);
        for (long offset = header.Bytes; next <= last; offset = segment.End, next++)
        {
            if (segment.Look(offset, next) != RecordState.Whole || decoder.Decode(segment.Payload) is not null)
                break;
            var record = decoder.Record(segment.Payload);
            for (var i = 0; i < record.Changes.Length; i++)
            {
                ref readonly var change = ref record.Changes[i];
                if (change.Kind == ChangeKind.Setup)
                    fits = Fits(change.Data.Of(record.Bytes), inputs);
                else
                    each(next, i, in change, in record, (uint)change.Model < (uint)fits.Length && fits[change.Model]);
            }
        }

        return next;
    }

    private static bool[] Fits(ReadOnlySpan<byte> description, IReadOnlyList<string> inputs) =>
        [.. Setup.Read(description).Models.Select(model => model.Inputs.SequenceEqual(inputs))];
}
