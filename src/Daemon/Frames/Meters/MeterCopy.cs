using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Meters;

/// <summary>Everything that is counted and measured, as it was between two frames; for readers on other threads.
/// </summary>
public sealed class MeterCopy
{
    private static readonly ErrorCode[] Codes = Enum.GetValues<ErrorCode>();
    private static readonly StreamEventKind[] Kinds = Enum.GetValues<StreamEventKind>();

    private readonly List<ModelMeters> _models = [];
    private readonly List<ModelMeters> _shown = [];
    private readonly long[] _rejected = new long[Codes.Length];
    private readonly long[] _refused = new long[Codes.Length];
    private readonly long[] _events = new long[Kinds.Length];

    public MeterCopy()
    {
        for (var stage = 0; stage < Stages.Length; stage++)
            Stages[stage] = new ExponentialHistogram(FrameMeters.Nanosecond);
    }

    /// <summary>It was filled: the loop serves.</summary>
    public bool IsTaken { get; private set; }

    public ExponentialHistogram[] Stages { get; } = new ExponentialHistogram[FrameMeters.StageCount];
    public ExponentialHistogram FrameDuration { get; } = new(FrameMeters.Nanosecond);
    public ExponentialHistogram FrameTicks { get; } = new(1);

    /// <summary>All but those that stand by.</summary>
    public IReadOnlyList<ModelMeters> Models => _shown;

    public long Received { get; private set; }
    public long Stepped { get; private set; }
    public long Duplicate { get; private set; }
    public long Frames { get; private set; }
    public long Late { get; private set; }
    public long Imputed { get; private set; }
    public long Requests { get; private set; }
    public long Undeliverable { get; private set; }
    public long ReloadsOk { get; private set; }
    public long ReloadsFailed { get; private set; }
    public long Streams { get; private set; }
    public long StreamsMax { get; private set; }
    public double Uptime { get; private set; }
    public ulong Epoch { get; private set; }

    /// <summary>Traced ticks that are among what was measured.</summary>
    public long Traced { get; internal set; }

    /// <summary>State is kept on a disk.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>Records that do not have the durability asked for yet.</summary>
    public long JournalLag { get; private set; }

    public long Records { get; private set; }

    /// <summary>Ticks are refused or held up by the disk.</summary>
    public bool HasTrouble { get; private set; }

    /// <summary>What the start brought back; null where state lives in memory only.</summary>
    public Snapshots.RecoveryReport? Recovery { get; private set; }

    /// <summary>How often limits were hit; may be read any time, as most of it is counted on other threads.</summary>
    public Access.LimitHits? Limits { get; private set; }

    public long Rejected(ErrorCode code) => _rejected[Array.IndexOf(Codes, code)];

    public long Refused(ErrorCode code) => _refused[Array.IndexOf(Codes, code)];

    public long Events(StreamEventKind kind) => _events[Array.IndexOf(Kinds, kind)];

    internal ModelMeters Model(int index, string name)
    {
        if (index == _models.Count)
            _models.Add(new ModelMeters(name));
        return _models[index];
    }

    internal void Take(World world, IReadOnlyList<ModelHealth> health)
    {
        var counters = world.Counters;
        (Received, Stepped, Duplicate) = (counters.Received, counters.Stepped, counters.Duplicate);
        (Frames, Late, Imputed) = (counters.Frames, counters.Late, counters.Imputed);
        (Requests, Undeliverable) = (counters.Requests, counters.Undeliverable);
        for (var i = 0; i < Codes.Length; i++)
            (_rejected[i], _refused[i]) = (counters.RejectedBy((int)Codes[i]), counters.RefusedBy((int)Codes[i]));
        for (var i = 0; i < Kinds.Length; i++)
            _events[i] = world.Events.Total(Kinds[i]);
        (Streams, StreamsMax) = (world.Streams.Count, world.Streams.Max);
        (ReloadsOk, ReloadsFailed) = (world.Reloads.Ok, world.Reloads.Failed);
        Uptime = world.Uptime;
        Epoch = world.Epoch;
        Limits = world.Limits;
        TakeState(world);
        TakeModels(world, health);
        IsTaken = true;
    }

    private void TakeModels(World world, IReadOnlyList<ModelHealth> health)
    {
        _shown.Clear();
        foreach (var model in _models)
        {
            if (!StandsBy(world, model.Name))
                _shown.Add(model);
            (model.Streams, model.StreamBytes, model.StateBytes, model.Health) = (0, 0, 0, null);
        }

        for (var i = 0; i < world.Models.Count; i++)
        {
            var host = world.Models[i];
            if (_models.Find(model => model.Name == host.Name) is not { } model)
                continue;
            model.Streams += host.Streams;
            model.StateBytes += host.Bytes;
            model.StreamBytes = host.StreamBytes;
            if (i >= health.Count)
                continue;
            model.Health = new ModelHealth(health[i].Levels);
            health[i].CopyTo(model.Health);
        }
    }

    private static bool StandsBy(World world, string model)
    {
        for (var i = 0; i < world.Models.Count; i++)
        {
            if (world.Host(i).Name == model)
                return world.Host(i).StandsBy;
        }

        return false;
    }

    private void TakeState(World world)
    {
        Recovery = world.Recovery;
        IsDurable = world.Recovery is not null;
        var (written, durable) = (world.Changes.Written, world.Changes.Durable);
        Records = (long)written;
        JournalLag = (long)(written - Math.Min(written, durable));
        HasTrouble = world.Changes.Trouble is not null;
    }
}
