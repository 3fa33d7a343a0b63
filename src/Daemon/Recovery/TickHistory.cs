using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>
/// The last ticks of each stream of a model, as the journal has them: looked for from its newest segment backwards, as
/// far as it takes, then stepped in their order. A stream's past ends where its row was given to it, where its state
/// was put, where its ticks had other inputs, and at a hole in the journal.
/// </summary>
public sealed class TickHistory
{
    private readonly IDisk _disk;
    private readonly Successor _warm;
    private readonly IReadOnlyList<string> _inputs;
    private readonly int _ticks;
    private readonly CancellationToken _stop;

    // By row: ticks found, and how many of them are too many.
    private readonly Dictionary<int, Past> _pasts = [];

    /// <param name="disk">The folder.</param>
    /// <param name="warm">What is stepped.</param>
    /// <param name="ticks">Per stream, at most.</param>
    /// <param name="stop">Ends it.</param>
    public TickHistory(IDisk disk, Successor warm, int ticks, CancellationToken stop = default) =>
        (_disk, _warm, _inputs, _ticks, _stop) = (disk, warm, warm.Host.Model.Inputs, ticks, stop);

    /// <summary>Told that it gets on, segment by segment.</summary>
    public Action? Alive { get; init; }

    /// <summary>Steps the streams through their last ticks up to a record, which is written.</summary>
    /// <exception cref="IOException">The disk refuses, or a segment was deleted meanwhile.</exception>
    /// <exception cref="InvalidDataException">A description is not to be read.</exception>
    public void Run(ulong last, IEnumerable<int> rows)
    {
        foreach (var row in rows)
            _pasts[row] = new Past();
        foreach (var file in Find(last))
        {
            _stop.ThrowIfCancellationRequested();
            Alive?.Invoke();
            SegmentTicks.Read(_disk, file, last, _inputs, Step, out _);
        }

        _warm.Complete();
    }

    /// <summary>Goes on with the records that were written since.</summary>
    /// <returns>False where they are not all there.</returns>
    public bool Follow(ulong from, ulong last)
    {
        var next = from;
        var files = StateFiles.Segments(_disk);
        var first = Math.Max(0, files.Count(file => file.Number <= from) - 1);
        foreach (var file in files.Skip(first).Where(file => file.Number <= last))
        {
            _stop.ThrowIfCancellationRequested();
            Alive?.Invoke();
            if (file.Number > next)
                return false;
            var end = SegmentTicks.Read(_disk, file, last, _inputs, Apply, out _);
            next = Math.Max(next, end);
        }

        _warm.Complete();
        return next > last;

        void Apply(ulong record, int index, in Change change, in FrameRecord frame, bool fits)
        {
            if (record >= from && index == 0)
                _warm.Apply(in frame);
        }
    }

    // The segments it takes, the oldest first.
    private List<StateFile> Find(ulong last)
    {
        var files = new List<StateFile>();
        var open = _pasts.Count;
        var until = last;
        foreach (var file in StateFiles.Segments(_disk).Where(file => file.Number <= last).Reverse())
        {
            _stop.ThrowIfCancellationRequested();
            Alive?.Invoke();
            if (open == 0)
                break;
            var found = new Dictionary<int, Found>();
            var end = SegmentTicks.Read(_disk, file, until, _inputs, Count, out var isFirst);
            if (end != until + 1)
                break;
            foreach (var (row, one) in found)
                if (_pasts[row].Add(one, file.Number, _ticks))
                    open--;
            files.Insert(0, file);
            until = file.Number - 1;
            if (isFirst)
                break;

            void Count(ulong record, int index, in Change change, in FrameRecord frame, bool fits)
            {
                if (!_pasts.TryGetValue(change.Row, out var past) || past.IsClosed)
                    return;
                var isTick = change.Kind == ChangeKind.Tick;
                var one = found.GetValueOrDefault(change.Row);
                if (isTick && fits)
                    found[change.Row] = one with { Ticks = one.Ticks + 1 };
                else if (isTick || Ends(change.Kind))
                    found[change.Row] = new Found(0, record, index, true);
            }
        }

        return files;
    }

    private static bool Ends(ChangeKind kind) =>
        kind is ChangeKind.Admitted or ChangeKind.Forgotten or ChangeKind.Evicted or ChangeKind.Put;

    private void Step(ulong record, int index, in Change change, in FrameRecord frame, bool fits)
    {
        if (!_pasts.TryGetValue(change.Row, out var past) || !past.Has(record, index))
            return;
        switch (change.Kind)
        {
            case ChangeKind.Tick when past.TakeTick():
                _warm.Tick(in change, frame.Values.Slice(change.Data.Offset, change.Data.Length), frame.Now);
                break;
            case ChangeKind.Imputed:
                _warm.Imputed(change.Row);
                break;
            case ChangeKind.Reset:
                _warm.Reset(change.Row);
                break;
        }
    }

    /// <summary>Of one row in one segment: its last ticks, and where what was before them ended.</summary>
    private readonly record struct Found(int Ticks, ulong Record, int Index, bool IsClosed);

    private sealed class Past
    {
        private long _ticks;
        private long _skip;
        private ulong _record;
        private int _index = int.MaxValue;

        /// <summary>Nothing older is wanted.</summary>
        public bool IsClosed { get; private set; }

        /// <summary>Adds what the segment before has; true where that is the last.</summary>
        public bool Add(in Found found, ulong first, int most)
        {
            _ticks += found.Ticks;
            (_record, _index) = found.IsClosed ? (found.Record, found.Index) : (first - 1, int.MaxValue);
            _skip = Math.Max(0, _ticks - most);
            return IsClosed = found.IsClosed || _ticks >= most;
        }

        public bool Has(ulong record, int index) =>
            _ticks != 0 && (record > _record || record == _record && index > _index);

        public bool TakeTick()
        {
            if (_skip == 0)
                return true;
            _skip--;
            return false;
        }
    }
}
