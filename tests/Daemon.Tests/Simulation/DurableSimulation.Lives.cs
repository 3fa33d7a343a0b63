using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Lives begin and end, on a disk that suffers.</summary>
internal sealed partial class DurableSimulation
{
    // What is left may be taken a tick a frame.
    private const int FramesToFinish = 5_000;

    private static readonly int[] Caps = [1, 2, 7, 64, 1024];
    private static readonly int[] Slices = [1, 300, 5_000, 1_000_000];

    private readonly Dictionary<ulong, List<Dictionary<string, ulong>>> _owedAt = [];
    private SimulatedDisk _disk;

    // The highest record that a client knows of; what must survive the process, and what the power.
    private ulong _acked;
    private ulong _floor;
    private ulong _powerFloor;
    private bool _isStrict;
    private bool _wasFsync;

    private bool IsFinishing { get; set; }

    private DurableDaemon Life => _life!;

    private void Break()
    {
        _tally.Troubles++;
        _faultUntil = Frame + 3 + _random.Next(30);
        switch (_random.Next(4))
        {
            case 0:
                _disk.FailsWrites = true;
                break;
            case 1:
                _disk.FailsSyncs = true;
                break;
            case 2:
                _disk.Capacity = _disk.UsedBytes + _random.Next(40_000);
                break;
            default:
                _disk.IsVanished = true;
                break;
        }
    }

    private void Heal()
    {
        _disk.Heal();
        (_faultUntil, _healedAt) = (0, Frame);
    }

    private void Finish()
    {
        IsFinishing = true;
        _mortal.Left = int.MaxValue;
        Heal();
        _slowUntil = 0;
        foreach (var client in _clients)
            client.IsFinishing = true;
        bool IsQuiet() => _source.IsEmpty && _clients.All(static client => client.IsIdle)
            && Life.World.Changes.Fault is null;
        for (var i = 0; i < FramesToFinish && !IsQuiet(); i++)
            Step();
        Assert.True(
            _clients.All(static client => client.IsIdle),
            "clients wait for replies that do not come: " + string.Join("; ", _clients.Where(
                static client => !client.IsIdle)) + $"; fault {Life.World.Changes.Fault}, written "
                + $"{Life.World.Changes.Written}, durable {Life.World.Changes.Durable}"
                + $", takes changes: {Life.World.TakesChanges}");
        Assert.Null(Life.World.Changes.Fault);
        StopWell();
        _life!.Dispose();
        _disk.Restart();
        Start();
    }

    /// <summary>Ends this life and begins the next.</summary>
    private void Restart(bool byDisk)
    {
        var kind = byDisk ? _random.Next(2) : _random.Next(3);
        var isPower = kind == 1;
        SetFloors();
        if (kind == 2)
            isPower = TryStopWell() && _random.Next(2) == 0;
        _tally.Snapshots += (int)Life.Snapshots.Ended;
        Life.Dispose();
        _isStrict = true;
        End(isPower);
        if (_random.Next(4) != 0)
            Heal();
        if (_random.Next(10) == 0)
            _clock.UtcNanoseconds -= _random.NextInt64(3600 * SimulatedClock.Second);
        Start();
    }

    private void SetFloors()
    {
        var journal = Life.Journal;
        var covered = Math.Max(_powerFloor, Life.Snapshots.Number ?? 0);
        _powerFloor = _options.State.Durability == Durability.Fsync
            ? Math.Max(covered, _acked) : Math.Max(covered, journal.Fault is null ? journal.Synced : 0);
        _floor = Math.Max(Math.Max(_powerFloor, _acked), journal.Fault is null ? journal.Written : 0);
    }

    private bool TryStopWell()
    {
        try
        {
            StopWell();
            return true;
        }
        catch (ProcessEndedException)
        {
            return false;
        }
    }

    private void StopWell()
    {
        _published.Clear();
        _source.Waited = () =>
        {
            _clock.UtcNanoseconds += 20_000_000;
            Life.Journal.Work();
            Life.Snapshots.Work();
        };
        Life.Loop.Stop();
        Life.Loop.Run();
        if (Life.World.Changes.Fault is null)
            AssertPublished();
        AssertBalanced();
        DurableHistory.AssertSame(History.World, Life.World, "at its end");
        Life.End();
        SetFloors();
        if (Life.Journal.Fault is null)
            _floor = _powerFloor = Life.Journal.Written;
    }

    private void End(bool isPower)
    {
        History.OfFrame.Clear();
        if (isPower)
        {
            _tally.PowerLosses++;
            _isStrict &= _wasFsync || _floor == _powerFloor;
            _floor = _powerFloor;
            _disk = _disk.Crash(_random);
        }
        else
        {
            _disk.Restart();
        }
    }

    private void Start(bool isFirst = false)
    {
        _mutation.BetweenLives(_disk);
        if (!isFirst && _random.Next(3) == 0)
            CompareCaps();
        var damage = isFirst || IsFinishing ? null : Damage();
        var salvage = false;
        _options = NewOptions();
        for (var attempt = 0; !TryStart(salvage, attempt, ref damage); attempt++)
        {
            if (damage is not { IsReported: true } reported)
                continue;
            salvage = _random.Next(2) == 0;
            if (!salvage)
                reported.Repair();
            else
                _isStrict = false;
            if (salvage)
                _floor = _powerFloor = Math.Min(_floor, reported.First - 1);
            damage = null;
        }

        Assert.True(damage is null, $"{damage?.File} has a wrong bit, and nobody says so");
        CheckStart(isFirst);
    }

    private bool TryStart(bool salvage, int attempt, ref DurableDamage? damage)
    {
        _life = null;
        var left = attempt < 5 && !IsFinishing && _random.Next(4) == 0 ? _random.Next(40) : int.MaxValue;
        _mortal = new MortalDisk(_disk, _random) { Left = left };
        try
        {
            _life = NewLife(_mortal, salvage);
            _life.Begin();
            _mortal.Left = int.MaxValue;
            return true;
        }
        catch (ProcessEndedException)
        {
            _life?.Dispose();
            // Damage stays as it is with the power.
            End(isPower: damage is null && !salvage && _random.Next(2) == 0);
        }
        catch (StartException e) when (damage is not null && e.Message.Contains(damage.File, StringComparison.Ordinal))
        {
            Assert.Contains($"{damage.File} at byte ", e.Message, StringComparison.Ordinal);
            _tally.Damages++;
            damage = damage with { IsReported = true };
            _life?.Dispose();
            _disk.Restart();
        }
        catch (Exception e) when (_faultUntil != 0 && e is IOException or StartException { ExitCode: ExitCode.Failed })
        {
            Heal();
            _life?.Dispose();
            _disk.Restart();
        }

        return false;
    }

    private void CheckStart(bool isFirst)
    {
        var recovered = Life.Recovered;
        Assert.True(recovered >= _floor, $"{recovered} records recovered of {_floor} that must not be lost");
        History.Truncate(recovered);
        foreach (var number in _owedAt.Keys.Where(number => number > recovered).ToArray())
            _owedAt.Remove(number);
        var report = Life.World.Recovery!;
        Assert.True(report.Different == 0, $"{report.Different} records replayed to other bits");
        _mutation.Recovered(Life.World);
        DurableHistory.AssertSame(History.World, Life.World, "recovered");
        AssertLedger(report.Snapshot, recovered);
        Assert.True(Life.World.Epoch > Epoch, $"epoch {Life.World.Epoch} after {Epoch}");
        Epoch = Life.World.Epoch;
        (_acked, _powerFloor) = (Math.Min(_acked, recovered), recovered);
        (_floor, _wasFsync) = (recovered, _options.State.Durability == Durability.Fsync);
        _tally.Lives++;
        if (isFirst)
            return;
        foreach (var client in _clients)
        {
            var survives = _random.Next(2) == 0;
            if (!survives)
                _source.Drop(client.Number);
            client.LoseConnection(survives, _isStrict);
        }

        if (_random.Next(2) == 0)
            _source.Drop(_clients.Length);
    }

    private void AssertLedger(ulong? snapshot, ulong recovered)
    {
        var variants = snapshot is { } number ? _owedAt[number] : [[]];
        for (var i = 0; i < variants.Count; i++)
        {
            try
            {
                History.Ledger(variants[i], snapshot ?? 0, recovered).AssertLike(Life.World, "recovered");
                return;
            }
            catch (Xunit.Sdk.XunitException) when (i + 1 < variants.Count)
            {
                // A snapshot of that record was begun again.
            }
        }
    }

    private void CompareCaps()
    {
        DurableDaemon? first = null;
        foreach (var cap in Caps)
        {
            var source = new DurableSource(_random, 1);
            var disk = _disk.Copy();
            disk.Heal();
            var other = new DurableDaemon(
                disk, new RealtimeOptions(), _clock, source, new RecordingSink(),
                new LifeTuning { HasThreads = false, Together = cap, SegmentBytes = JournalOptions.LeastSegmentBytes });
            other.Begin();
            _tally.CapsCompared++;
            if (first is null)
            {
                first = other;
                continue;
            }

            Assert.Equal(first.Recovered, other.Recovered);
            DurableHistory.AssertSame(first.World, other.World, $"recovered {cap} at a time");
            other.Dispose();
        }

        first!.Dispose();
    }

    private DurableDaemon NewLife(IDisk disk, bool salvage) => new(
        disk, _options, _clock, _source, this,
        new LifeTuning
        {
            HasThreads = false,
            SegmentBytes = JournalOptions.LeastSegmentBytes << _random.Next(3),
            SliceBytes = Slices[_random.Next(Slices.Length)],
            Together = Caps[_random.Next(Caps.Length)],
            Journal = journal => new HistoryJournal(History, _mutation.Journal(journal)),
            Store = store => new ToldSnapshots(_mutation.Store(store), SnapshotBegun),
        },
        salvage, _isOnDevice);

    private RealtimeOptions NewOptions() => new()
    {
        Frame = new FrameOptions { MaxTicks = Caps[_random.Next(Caps.Length)] },
        Streams = new StreamOptions
        {
            Max = _random.Next(3) == 0 ? 100 : 8 + _random.Next(20),
            IdleAfter = _random.Next(2) == 0 ? null : TimeSpan.FromSeconds(3 + _random.Next(20)),
            OnGap = (GapPolicy)_random.Next(3),
        },
        State = new StateOptions
        {
            Directory = "simulated",
            Durability = _random.Next(2) == 0 ? Durability.Os : Durability.Fsync,
            SnapshotEvery = TimeSpan.FromSeconds(1 + _random.Next(_random.Next(2) == 0 ? 5 : 120)),
            Keep = TimeSpan.FromSeconds(10 + _random.Next(200)),
            MaxBytes = _random.Next(3) == 0 ? 200_000 : null,
            RecordPredictions = _random.Next(4) == 0,
        },
    };

    private void SnapshotBegun(ulong number)
    {
        if (!_owedAt.TryGetValue(number, out var variants))
            _owedAt[number] = variants = [];
        variants.Add(DurableLedger.OwedBy(Life.World));
    }

    // A wrong bit in a closed segment that is needed, or in a snapshot before which there is another one.
    private DurableDamage? Damage()
    {
        var segments = StateFiles.Segments(_disk);
        var snapshots = StateFiles.Snapshots(_disk);
        var isWhole = segments.All(file => !BeginsAnew(file)) && snapshots.All(
            file => SnapshotReader.Check(_disk, file.Name) is null);
        if (!isWhole || _random.Next(3) == 0)
            return null;
        // Records that were lost to trouble are in the newest snapshot alone.
        if (snapshots.Count > 1 && snapshots[^1].Number <= LastRecord(segments) && _random.Next(3) == 0)
        {
            var snapshot = snapshots[^1];
            _disk.Flip(snapshot.Name, _random.NextInt64(snapshot.Length), _random.Next(8));
            return null;
        }

        var last = snapshots.Count == 0 ? 0 : snapshots[^1].Number;
        var needed = segments.SkipLast(1)
            .Where((file, i) => segments[i + 1].Number - 1 > last && IsCut(file)).ToArray();
        if (needed.Length == 0)
            return null;
        var chosen = needed[_random.Next(needed.Length)];
        using var reader = new SegmentReader(_disk, chosen);
        var offset = _random.NextInt64(reader.Header!.Bytes, chosen.Length);
        var bit = _random.Next(8);
        _disk.Flip(chosen.Name, offset, bit);
        return new DurableDamage(chosen.Name, chosen.Number, () => _disk.Flip(chosen.Name, offset, bit));
    }

    private ulong LastRecord(IReadOnlyList<StateFile> segments)
    {
        using var reader = new JournalReader(_disk, segments.Count == 0 ? 1 : segments[0].Number, static _ => { });
        while (reader.Read())
        {
        }

        return reader.End!.Next - 1;
    }

    private bool IsCut(StateFile file)
    {
        using var reader = new SegmentReader(_disk, file);
        return reader.IsCut;
    }

    private bool BeginsAnew(StateFile file)
    {
        using var reader = new SegmentReader(_disk, file);
        return reader.Header is null or { BeginsAnew: true };
    }

    private sealed record DurableDamage(string File, ulong First, Action Repair)
    {
        public bool IsReported { get; init; }
    }
}
