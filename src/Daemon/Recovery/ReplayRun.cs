using System.Diagnostics;
using System.Security.Cryptography;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Recovery;

/// <summary>
/// Takes a world through a journal again, at full speed: from a snapshot, or from nothing, through the same steps that
/// the daemon took.
/// </summary>
/// <remarks>
/// A daemon that starts with other models or another kernel begins from the newest snapshot and steps the records
/// behind it with what it has now. So does the replay, wherever the journal says that such a start was.
/// </remarks>
public sealed class ReplayRun : IDisposable
{
    private readonly IDisk _disk;
    private readonly ReplayPlan _plan;
    private readonly RecordedModels _models;
    private readonly JournalMap _map;
    private readonly SnapshotBases _bases;
    private readonly ReplayTotals _totals = new();
    private ReplayedWorlds? _worlds;
    private ulong _next;
    private ulong _underFrom;
    private ulong _countFrom;
    private ulong _first;
    private ulong _last;
    private long _records;
    private long _recordsBefore;
    private long _ticks;
    private long _ticksBefore;
    private long _ticksSeen;
    private long _setupsSeen;

    /// <param name="disk">The state directory, still: see <see cref="StillDisk"/>.</param>
    /// <param name="plan">What to replay.</param>
    /// <param name="models">Finds the models.</param>
    public ReplayRun(IDisk disk, ReplayPlan plan, RecordedModels models)
    {
        (_disk, _plan, _models) = (disk, plan, models);
        _map = new JournalMap(disk);
        _bases = new SnapshotBases(disk, _totals.Notice);
    }

    /// <summary>Replays it all.</summary>
    /// <exception cref="StartException">There is nothing to replay, or a model is not at hand.</exception>
    /// <exception cref="JournalCorruptException">The journal is damaged elsewhere than at its end.</exception>
    /// <exception cref="InvalidDataException">A record does not fit; the message says which.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public ReplayReport Run()
    {
        var started = Stopwatch.GetTimestamp();
        Begin();
        while (ReadOn())
        {
        }

        if (_plan.From is { } from && _records == 0 && from >= _next && !_map.IsEmpty)
        {
            throw new StartException(
                ExitCode.Usage, [$"--from {from}: the last record of {_disk.Path} is {_next - 1}"]);
        }

        return _totals.Complete(new ReplayReport
        {
            First = _first,
            Last = _last,
            Records = _records,
            Ticks = _ticks,
            RecordsBefore = _recordsBefore,
            TicksBefore = _ticksBefore,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            Streams = _worlds!.World.Streams.Count,
            Engine = _worlds.Engine,
            Predictions = "",
            States = StatesDigest(_worlds.World),
        });
    }

    public void Dispose()
    {
        _worlds?.Dispose();
        _totals.Dispose();
    }

    private static string StatesDigest(World world)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writer = new MessagePackWriter();
        foreach (var name in world.Streams.NamesFrom([]))
        {
            writer.Clear();
            StateWriter.Write(writer, world, world.Streams.Find(name));
            hash.AppendData(writer.Written);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsSame(Setup one, Setup other) =>
        (one with { Version = "" }).ToBytes().AsSpan().SequenceEqual((other with { Version = "" }).ToBytes());

    // The oldest record that can be replayed, or the one asked for.
    private void Begin()
    {
        if (_map.IsEmpty && StateFiles.Snapshots(_disk).Count == 0)
        {
            throw new StartException(
                ExitCode.Configuration,
                [$"{_disk.Path}: found neither a journal nor a snapshot, expected a state directory"]);
        }

        var oldest = Oldest();
        if (_plan.From < oldest)
        {
            throw new StartException(
                ExitCode.Usage, [$"--from {_plan.From}: the oldest record that can be replayed is {oldest}"]);
        }

        var from = _plan.From ?? oldest;
        var setup = _map.SetupAt(from) ?? SnapshotSetup(from - 1);
        _models.Check([.. _map.Setups, setup]);
        _countFrom = from;
        Rebase(setup, from, BaseFor(from));
    }

    private ulong Oldest()
    {
        if (_map.First == 1)
            return 1;
        var file = _map.IsEmpty ? _bases.Newest() : _bases.Oldest(_map.First - 1);
        return file?.Number + 1 ?? throw new StartException(
            ExitCode.Failed,
            [$"{_disk.Path}: the journal begins with record {_map.First}, and no whole snapshot leads there"]);
    }

    // Where the first segments are damaged, a reader of the records tells of it.
    private Setup SnapshotSetup(ulong number)
    {
        if (_bases.Newest(number) is { } file)
        {
            using var reader = new SnapshotReader(_disk, file.Name);
            return Setup.Read(reader.Header.Description);
        }

        using (var journal = new JournalReader(_disk))
            journal.Read();
        throw new StartException(ExitCode.Configuration, [$"{_disk.Path}: the journal holds no record"]);
    }

    // What the world is before a record; null is an empty one.
    private StateFile? BaseFor(ulong record)
    {
        var file = _bases.Newest(record - 1);
        return file is { } found && (_map.IsEmpty || found.Number + 1 >= _map.First) ? found
            : _map.First == 1 ? null
            : throw new StartException(
                ExitCode.Failed, [$"{_disk.Path}: no whole snapshot leads to record {record}"]);
    }

    /// <summary>Begins anew from a snapshot.</summary>
    /// <param name="setup">What the world is made of.</param>
    /// <param name="from">From which record on it holds; those before it are replayed under it all the same.</param>
    /// <param name="file">Null: an empty world.</param>
    private void Rebase(Setup setup, ulong from, StateFile? file)
    {
        _worlds?.Dispose();
        _totals.IsCounting = false;
        _ticksSeen = _setupsSeen = 0;
        _worlds = new ReplayedWorlds(_models, setup, _plan, _totals);
        if (file is { } found)
            _worlds.Load(_bases, found);
        _underFrom = from;
        _next = file?.Number + 1 ?? 1;
    }

    // False where all is done.
    private bool ReadOn()
    {
        if (_next > _plan.To)
            return false;
        using var reader = new JournalReader(_disk, _next, endsAtHoles: true);
        var file = "";
        while (reader.Read())
        {
            if (reader.File != file)
            {
                file = reader.File!;
                if (HasNewSetup(reader))
                    return true;
            }

            Apply(reader);
            if (reader.Number >= _plan.To)
                break;
            if (HasHandOver(reader.Number))
                return PassHandOver(reader.Number);
        }

        Complete();
        return _next <= _plan.To && Jump(reader.End!);
    }

    private bool HasNewSetup(JournalReader reader)
    {
        // The head of a segment speaks of its first record: models may be handed over behind it.
        if (reader.Number < _underFrom || !_map.IsFirst(reader.Number))
            return false;
        var setup = Setup.Read(reader.Segment!.Description);
        if (IsSame(setup, _worlds!.Setup))
            return false;
        Complete();
        var file = BaseFor(reader.Number);
        foreach (var difference in _worlds.Setup.Differences(setup))
            _totals.Notice($"from record {reader.Number} on: {difference}");
        if ((file?.Number + 1 ?? 1) is var begin && begin < reader.Number)
        {
            _totals.Notice(
                $"records {begin} to {reader.Number - 1} are stepped again with what record {reader.Number} was made "
                + "with, as that start did; where it began from a later snapshot, which is gone now, bits may differ");
        }

        Rebase(setup, reader.Number, file);
        return true;
    }

    // In the record that was taken last. Those before the setup of now are stepped by it, whatever they were made with.
    private bool HasHandOver(ulong record)
    {
        var isNew = _worlds!.Setups != _setupsSeen;
        _setupsSeen = _worlds.Setups;
        return isNew && record >= _underFrom;
    }

    // Other models took over under the streams of a running world. What they go on from is in the snapshot that was
    // asked for then; where it is gone, in the next one.
    private bool PassHandOver(ulong record)
    {
        Complete();
        if (_bases.Oldest(record) is not { } file)
        {
            _totals.Notice($"from record {record + 1} on: made by other models, whose states no snapshot has");
            return false;
        }

        if (file.Number > record)
        {
            _totals.Notice(
                $"records {record + 1} to {file.Number} are left out: other models took over, and the snapshot that "
                + "was taken then is gone");
        }

        var setup = SnapshotSetup(file.Number);
        foreach (var difference in _worlds!.Setup.Differences(setup))
            _totals.Notice($"from record {file.Number + 1} on: {difference}");
        _countFrom = Math.Max(_countFrom, file.Number + 1);
        Rebase(setup, file.Number + 1, file);
        return file.Number < _plan.To;
    }

    private void Apply(JournalReader reader)
    {
        var counts = reader.Number >= _countFrom;
        if (counts && !_totals.IsCounting)
        {
            Complete();
            _totals.IsCounting = true;
        }

        _worlds!.Apply(reader);
        _next = reader.Number + 1;
        if (!counts)
        {
            _recordsBefore++;
            return;
        }

        _first = _first == 0 ? reader.Number : _first;
        _last = reader.Number;
        _countFrom = _next;
        _records++;
    }

    private void Complete()
    {
        _worlds!.Complete();
        var ticks = _worlds.Ticks - _ticksSeen;
        _ticksSeen = _worlds.Ticks;
        if (_totals.IsCounting)
            _ticks += ticks;
        else
            _ticksBefore += ticks;
    }

    // Over records that trouble with the disk has lost, to the snapshot behind them.
    private bool Jump(JournalEnd end)
    {
        if (_map.AnewBehind(end) is not { } anew)
        {
            if (end.Reason is { } reason)
                _totals.Notice($"{end.File} ends at byte {end.Offset}: {reason}");
            return false;
        }

        if (_bases.Oldest(anew.Number - 1) is not { } file)
        {
            _totals.Notice(
                $"records from {end.Next} on are missing: {end.Reason ?? "the journal was interrupted"}, and no whole "
                + $"snapshot leads to {anew.Name}");
            return false;
        }

        if (file.Number >= _plan.To)
            return false;
        _totals.Notice(
            $"records {end.Next} to {file.Number} are missing: {end.Reason ?? "the journal was interrupted"}; it goes "
            + "on from the snapshot behind them");
        var from = file.Number + 1;
        _countFrom = Math.Max(_countFrom, from);
        Rebase(_map.SetupAt(from)!, from, file);
        return true;
    }
}
