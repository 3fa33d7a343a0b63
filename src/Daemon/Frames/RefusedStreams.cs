namespace Realtime.Daemon.Frames;

/// <summary>
/// Streams without a row whose first tick was refused, with the sequence number they owe: until it comes, their later
/// ticks on <c>requests</c> are refused too, so that a client that sends ahead loses nothing.
/// </summary>
/// <remarks>Bounded: past the capacity the stream refused longest ago is forgotten.</remarks>
public sealed class RefusedStreams(int capacity)
{
    private readonly Dictionary<string, (ulong Seq, long Turn)> _owed = [];

    // In the order of refusal; an entry whose turn is no longer the name's own was settled since.
    private readonly Queue<(string Name, long Turn)> _oldest = new();
    private long _turn;

    public int Count => _owed.Count;

    /// <summary>Names and what they owe, the one refused longest ago first.</summary>
    public IEnumerable<(string Name, ulong Seq)> All =>
        _owed.OrderBy(static entry => entry.Value.Turn).Select(static entry => (entry.Key, entry.Value.Seq));

    /// <summary>The sequence number that must come first; null where nothing is owed.</summary>
    public ulong? Owed(ReadOnlySpan<byte> name) =>
        _owed.Count != 0 && _owed.TryGetValue(Key(name), out var owed) ? owed.Seq : null;

    public void Owe(ReadOnlySpan<byte> name, ulong seq)
    {
        var key = Key(name);
        if (_owed.TryGetValue(key, out var owed))
        {
            _owed[key] = owed with { Seq = Math.Min(owed.Seq, seq) };
            return;
        }

        while (_owed.Count >= capacity && _oldest.TryDequeue(out var oldest))
            if (IsOwed(oldest))
                _owed.Remove(oldest.Name);
        _owed.Add(key, (seq, ++_turn));
        _oldest.Enqueue((key, _turn));
    }

    public void Settle(ReadOnlySpan<byte> name)
    {
        // The queue keeps a settled name until its turn, so it is bounded by a rebuild.
        if (_owed.Count == 0 || !_owed.Remove(Key(name)) || _oldest.Count <= 2 * capacity)
            return;
        var rest = _oldest.Where(IsOwed).ToArray();
        _oldest.Clear();
        foreach (var entry in rest)
            _oldest.Enqueue(entry);
    }

    private bool IsOwed((string Name, long Turn) entry) =>
        _owed.TryGetValue(entry.Name, out var owed) && owed.Turn == entry.Turn;

    private static string Key(ReadOnlySpan<byte> name) => System.Text.Encoding.UTF8.GetString(name);
}
