namespace Realtime.Daemon.Frames;

/// <summary>A model went over to another engine or kernel: results of it before and behind have other bits.</summary>
/// <param name="Model">Its name.</param>
/// <param name="From">Engine and kernel that were.</param>
/// <param name="To">Those that are.</param>
/// <param name="Reason">Why; null where nothing more is known than that they are others.</param>
public sealed record EngineChange(string Model, string From, string To, string? Reason = null)
{
    /// <summary>When, ns since 1970.</summary>
    public long At { get; init; }

    public override string ToString() => $"engine {From} became {To}{(Reason is null ? "" : $": {Reason}")}";
}

/// <summary>The last changes of engines since the start, the start's own included.</summary>
public sealed class EngineChanges
{
    private const int Most = 32;

    private readonly Queue<EngineChange> _last = new();

    /// <summary>The oldest first.</summary>
    public IReadOnlyCollection<EngineChange> Last => _last;

    public void Add(EngineChange change)
    {
        if (_last.Count == Most)
            _last.Dequeue();
        _last.Enqueue(change);
    }
}
