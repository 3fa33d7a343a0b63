namespace Realtime.Daemon.Frames;

/// <summary>
/// Streams without a row whose first tick was refused, with the sequence number they owe: until it comes, their later
/// ticks on <c>requests</c> are refused too, so that a client that sends ahead loses nothing.
/// </summary>
/// <remarks>Bounded: past the capacity the stream refused longest ago is forgotten.</remarks>
public sealed class RefusedStreams(int capacity)
{
    private readonly Dictionary<string, ulong> _owed = [];
    private readonly Queue<string> _oldest = new();

    public int Count => _owed.Count;

    /// <summary>The sequence number that must come first; null where nothing is owed.</summary>
    public ulong? Owed(ReadOnlySpan<byte> name) =>
        _owed.Count != 0 && _owed.TryGetValue(Key(name), out var seq) ? seq : null;

    public void Owe(ReadOnlySpan<byte> name, ulong seq)
    {
        var key = Key(name);
        if (_owed.TryGetValue(key, out var owed))
        {
            _owed[key] = Math.Min(owed, seq);
            return;
        }

        while (_owed.Count >= capacity && _oldest.TryDequeue(out var oldest))
            _owed.Remove(oldest);
        _owed.Add(key, seq);
        _oldest.Enqueue(key);
    }

    public void Settle(ReadOnlySpan<byte> name)
    {
        // The queue keeps a settled name until its turn, so it is bounded by a rebuild.
        if (_owed.Count == 0 || !_owed.Remove(Key(name)))
            return;
        if (_oldest.Count <= 2 * capacity)
            return;
        var rest = _oldest.Where(_owed.ContainsKey).Distinct().ToArray();
        _oldest.Clear();
        foreach (var key in rest)
            _oldest.Enqueue(key);
    }

    private static string Key(ReadOnlySpan<byte> name) => System.Text.Encoding.UTF8.GetString(name);
}
