using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// All that lives: the streams with everything they carry, the models that serve them, and the counts. The frame loop
/// owns it; nothing else touches it.
/// </summary>
public sealed class World : IDisposable
{
    // Streams remembered as refused before they had a row.
    private const int RefusedMax = 65_536;

    private readonly ModelHost[] _models;
    private readonly ModelRoutes _routes;
    private readonly long? _memoryMax;

    public World(
        IReadOnlyList<ModelHost> models, LoopOptions options, IJournal journal, ulong epoch)
    {
        Models = _models = [.. models];
        _routes = new ModelRoutes(models.Select(static model => model.Patterns));
        Epoch = epoch;
        OnGap = options.OnGap;
        _memoryMax = options.MemoryMax;
        Streams = new StreamTable(options.StreamsMax);
        Changes = new ChangeLog(journal);
    }

    public IReadOnlyList<ModelHost> Models { get; }
    public StreamTable Streams { get; }
    public RefusedStreams Refused { get; } = new(RefusedMax);
    public Counters Counters { get; } = new();
    public EventQueue Events { get; } = new();
    public ChangeLog Changes { get; }
    public GapPolicy OnGap { get; }

    /// <summary>Number of this start of the daemon; a later start has a greater one.</summary>
    public ulong Epoch { get; }

    /// <summary>The clock of this frame, ns since 1970.</summary>
    public long Now { get; set; }

    /// <summary>The clock of the first frame.</summary>
    public long Started { get; set; }

    public long Frame { get; set; }

    /// <summary>Bytes held for streams.</summary>
    public long Bytes => Streams.Bytes + Models.Sum(static model => model.Bytes);

    /// <summary>One of <see cref="Models"/>, quicker.</summary>
    public ModelHost Host(int model) => _models[model];

    /// <summary>The first model whose pattern matches, or -1.</summary>
    public int ModelFor(ReadOnlySpan<byte> stream) => _routes.Find(stream);

    /// <summary>Makes a row for a new stream; false where the table or its memory is at the limit.</summary>
    public bool TryAdmit(ReadOnlySpan<byte> name, bool isId, int model, out int row, out string? detail)
    {
        var host = Models[model];
        row = -1;
        detail = null;
        if (Streams.IsFull)
            detail = $"{Streams.Count} streams, streams.max is {Streams.Max}";
        else if (_memoryMax is { } max && Bytes + Streams.BytesForOneMore + host.BytesForOneMore > max)
            detail = $"{Bytes} bytes held, {Streams.BytesForOneMore + host.BytesForOneMore} more needed, "
                + $"limits.memory is {max}";
        if (detail is not null)
            return false;
        row = Streams.Add(name, isId, model, host.Take());
        Refused.Settle(name);
        Changes.Other(ChangeKind.Admitted, row, in Streams[row], name);
        return true;
    }

    /// <summary>Takes hidden state and statistics back to their start; count, and what was last published, stay.
    /// </summary>
    /// <remarks>Whoever decides it records it: a reset among ticks has its place in their order.</remarks>
    public void Reset(int row, ulong? seq, string detail)
    {
        ref var stream = ref Streams[row];
        Models[stream.Model].Clear(stream.ModelRow);
        Raise(StreamEventKind.Reset, row, seq, detail);
    }

    /// <summary>Gives a stream up with everything it carries; its event says where the count stood.</summary>
    public void Remove(int row, ChangeKind change, StreamEventKind kind, string detail)
    {
        ref var stream = ref Streams[row];
        Changes.Other(change, row, in stream);
        Raise(kind, row, detail);
        Models[stream.Model].GiveBack(stream.ModelRow);
        Streams.Remove(row);
    }

    public void Raise(StreamEventKind kind, int row, string? detail)
    {
        ref var stream = ref Streams[row];
        Raise(kind, row, stream.Order.Started ? stream.Order.Last : null, detail);
    }

    /// <summary>The same for what happens at a tick that is no longer the stream's last.</summary>
    public void Raise(StreamEventKind kind, int row, ulong? seq, string? detail) =>
        Events.Add(kind, Streams.Name(row), Streams[row].IsId, seq, detail);

    public void Dispose()
    {
        Streams.Dispose();
        foreach (var model in Models)
            model.Dispose();
    }
}
