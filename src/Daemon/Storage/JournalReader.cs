using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Storage;

/// <summary>Reads the records of a journal in order, over all its segments.</summary>
/// <remarks>What a crash leaves at the end is told apart from damage, see docs/journal.md.</remarks>
public sealed class JournalReader : IDisposable
{
    private readonly IDisk _disk;
    private readonly ulong _from;
    private readonly Action<SkippedRange>? _salvage;
    private readonly bool _beyondDamage;
    private readonly bool _endsAtHoles;
    private readonly StateFile[] _segments;
    private readonly RecordDecoder _decoder = new();
    private SegmentReader? _current;
    private int _index;
    private long _offset;
    private ulong _expected;

    /// <param name="disk">The directory.</param>
    /// <param name="from">Number of the first record wanted.</param>
    /// <param name="salvage">Called for what is passed over; null: damage is an exception.</param>
    /// <param name="beyondDamage">Whether salvage reads on behind damage: the state there is not exact.</param>
    /// <param name="endsAtHoles">Where trouble with the disk interrupted the journal, reading ends, whether or not a
    /// snapshot leads over it.</param>
    /// <exception cref="JournalCorruptException">A record between the wanted and the last is missing.</exception>
    public JournalReader(
        IDisk disk, ulong from = 1, Action<SkippedRange>? salvage = null, bool beyondDamage = false,
        bool endsAtHoles = false)
    {
        (_disk, _from, _salvage, _beyondDamage) = (disk, from, salvage, beyondDamage);
        _endsAtHoles = endsAtHoles;
        var all = StateFiles.Segments(disk);
        _segments = [.. all.Skip(Math.Max(0, all.Count(file => file.Number <= from) - 1))];
        _expected = _segments.Length == 0 ? from : Math.Min(from, _segments[0].Number);
        if (_segments.Length == 0)
            End = new JournalEnd(JournalEndKind.Empty, from, null, 0, 0, 0, [], null);
        else if (_segments[0].Number > from)
            BeginLate(from);
    }

    /// <summary>How the journal ends; known once <see cref="Read"/> gave false.</summary>
    public JournalEnd? End { get; private set; }

    /// <summary>Of the record read last.</summary>
    public ulong Number { get; private set; }

    /// <summary>Number of the last record known durable when the record read last was written.</summary>
    public ulong Durable { get; private set; }

    /// <summary>The segment of the record read last.</summary>
    public SegmentHeader? Segment => _current?.Header;

    public string? File => _current?.Name;

    /// <summary>Where the record read last begins in its file.</summary>
    public long Offset { get; private set; }

    /// <summary>Records before this one are missing: the state it is applied to is not exact.</summary>
    public bool IsBeyondDamage { get; private set; }

    /// <summary>The record read last; valid until the next <see cref="Read"/>.</summary>
    public FrameRecord Record => _decoder.Record(_current!.Payload);

    /// <summary>Goes to the next record; false at the end.</summary>
    /// <exception cref="JournalCorruptException">Damage, where it is not salvaged.</exception>
    public bool Read()
    {
        while (End is null)
        {
            if (_current is null && !OpenSegment())
                continue;
            var state = _current!.Look(_offset, _expected);
            if (state != RecordState.Whole)
            {
                Finish(state);
                continue;
            }

            (Number, Durable, Offset) = (_current.Record.Number, _current.Record.Durable, _offset);
            (_offset, _expected) = (_current.End, _expected + 1);
            if (Number >= _from && Decode())
                return true;
        }

        return false;
    }

    public void Dispose() => _current?.Dispose();

    private bool Decode()
    {
        var error = _decoder.Decode(_current!.Payload);
        if (error is null)
            return true;
        const string Expected = "changes that this version knows";
        if (_salvage is null)
            throw new JournalCorruptException(_current.Name, Offset, $"record {Number} with {error}", Expected);
        (_expected, _offset) = (Number, Offset);
        Damage(error, Expected, isSealed: false);
        return false;
    }

    // The segment wanted is not there.
    private void BeginLate(ulong from)
    {
        var found = $"the journal to begin with record {_segments[0].Number}";
        var expected = $"a segment with record {from}";
        if (_salvage is null)
            throw new JournalCorruptException(_segments[0].Name, 0, found, expected);
        _salvage(new SkippedRange(_segments[0].Name, 0, 0, from, _segments[0].Number, found, expected));
        if (_beyondDamage)
            (_expected, IsBeyondDamage) = (_segments[0].Number, true);
        else
            End = new JournalEnd(JournalEndKind.Damaged, from, null, 0, 0, 0, NamesFrom(0), found);
    }

    private bool OpenSegment()
    {
        _current = new SegmentReader(_disk, _segments[_index]);
        _offset = _current.Header?.Bytes ?? 0;
        if (_index == 0)
            _expected = _current.First;
        if (_current.Header is not null)
            return true;
        EndByCrash(RecordState.Bad, _current.Found, _current.Expected);
        return false;
    }

    // The records of this segment end here.
    private void Finish(RecordState state)
    {
        var (found, expected) = (_current!.Found, _current.Expected);
        if (_index + 1 < _segments.Length && _segments[_index + 1].Number == _expected)
        {
            if (IsSealed(state, ref found, ref expected) || BeginsAnew(_segments[_index + 1]))
                NextSegment();
            else
                Damage(found, expected, isSealed: true);
        }
        else if (_index + 1 == _segments.Length && state == RecordState.Footer)
        {
            if (IsSealed(state, ref found, ref expected))
                EndAt(JournalEndKind.Closed, 0, 0, null);
            else
                Damage(found, expected, isSealed: true);
        }
        else
        {
            if (state == RecordState.Footer)
                (found, expected) = ("no such file", StateFiles.SegmentName(_expected));
            EndByCrash(state, found, expected);
        }
    }

    private bool IsSealed(RecordState state, ref string found, ref string expected)
    {
        if (state == RecordState.Footer && _current!.IsCut && _current.End != _current.Length)
            (found, expected) = ($"{_current.Length - _current.End} bytes behind the footer", "the end of the file");
        else if (state == RecordState.Footer || (state == RecordState.Zero && !_current!.IsCut))
            return true;
        return false;
    }

    private bool BeginsAnew(in StateFile file)
    {
        using var reader = new SegmentReader(_disk, file);
        return reader.Header is { BeginsAnew: true };
    }

    private void NextSegment()
    {
        _current!.Dispose();
        _current = null;
        _index++;
    }

    /// <summary>A writer went on behind trouble with its disk. What it wrote then counts from its snapshot on; where it
    /// did not get to make one, it has acknowledged nothing.</summary>
    private void Interrupted(StateFile anew)
    {
        var found = $"record {anew.Number}: trouble with the disk interrupted the journal";
        if (!_endsAtHoles && StateFiles.HasSnapshotFrom(_disk, anew.Number - 1))
            Damage(found, $"record {_expected}", isSealed: false);
        else
            EndAt(JournalEndKind.Hole, 0, SurveyAll(_offset).Records, found);
    }

    // Beginnings anew too.
    private DamageSurvey SurveyAll(long offset) =>
        DamageSurvey.Of(_disk, _current!, offset, _expected, _segments.Skip(_index + 1));

    private DamageSurvey Survey()
    {
        var later = _segments.Skip(_index + 1).TakeWhile(file => !BeginsAnew(file));
        return DamageSurvey.Of(_disk, _current!, _offset, _expected, later);
    }

    /// <summary>Ends the journal where a crash explains what is found; else it is damage.</summary>
    private void EndByCrash(RecordState state, string found, string expected)
    {
        var survey = Survey();
        var cut = survey.ContentEnd - _offset;
        if (survey.Durable >= _expected || (_current!.IsCut && state != RecordState.Footer))
        {
            Damage(found, expected, isSealed: false);
        }
        else if (_segments.Skip(_index + 1).FirstOrDefault(file => BeginsAnew(file)) is { Name: not null } anew)
        {
            Interrupted(anew);
        }
        else if (survey.Segments == 0 && survey.RecordsHere == 0 && _current.Header is not null
            && state != RecordState.Footer)
        {
            var isWhole = cut == 0 && survey.Records == 0;
            EndAt(
                isWhole ? JournalEndKind.Unclosed : JournalEndKind.TornTail, cut, survey.Records,
                isWhole ? null : $"{cut} bytes of a record that is not whole");
        }
        else if (state == RecordState.Footer || survey.HasLostSector)
        {
            EndAt(JournalEndKind.Hole, cut, survey.Records, $"record {_expected} was lost before it was durable");
        }
        else
        {
            Damage(found, expected, isSealed: false);
        }
    }

    private string[] NamesFrom(int index) => [.. _segments.Skip(index).Select(static file => file.Name)];

    private void EndAt(JournalEndKind kind, long cut, int dropped, string? reason) => End = new JournalEnd(
        kind, _expected, _current!.Name, _offset, cut, dropped, NamesFrom(_index + 1), reason);

    private void Damage(string found, string expected, bool isSealed)
    {
        if (_salvage is null)
            throw new JournalCorruptException(_current!.Name, _offset, found, expected);
        if (isSealed)
        {
            Report(_current!.Length - _offset, _expected, found, expected);
            if (_index + 1 < _segments.Length)
                NextSegment();
            else
                EndAt(JournalEndKind.Damaged, _current.Length - _offset, 0, found);
            return;
        }

        var survey = SurveyAll(_offset + 8);
        var isHere = survey.NextFile == _current!.Name;
        Report((isHere ? survey.NextOffset : survey.ContentEnd) - _offset, survey.NextNumber, found, expected);
        if (_beyondDamage && survey.NextFile is not null)
            GoTo(survey);
        else
            EndAt(JournalEndKind.Damaged, survey.ContentEnd - _offset, survey.Records, found);
    }

    private void Report(long length, ulong? next, string found, string expected) => _salvage!(
        new SkippedRange(_current!.Name, _offset, Math.Max(length, 0), _expected, next, found, expected));

    private void GoTo(DamageSurvey survey)
    {
        var index = Array.FindIndex(_segments, file => file.Name == survey.NextFile);
        if (index != _index)
        {
            _current!.Dispose();
            _current = new SegmentReader(_disk, _segments[index]);
        }

        (_index, _offset, _expected, IsBeyondDamage) = (index, survey.NextOffset, survey.NextNumber!.Value, true);
    }
}
