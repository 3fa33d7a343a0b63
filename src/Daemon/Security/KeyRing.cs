namespace Realtime.Daemon.Security;

/// <summary>The keys in force. Read by any thread; changed by reloads alone.</summary>
public sealed class KeyRing(KeySet keys)
{
    private volatile KeySet _keys = keys;

    public KeySet Keys => _keys;

    /// <summary>Puts other keys in force for whoever connects from now on.</summary>
    /// <returns>What becomes different.</returns>
    public KeyChange Use(KeySet next)
    {
        var before = _keys;
        _keys = next;
        return new KeyChange(
            [.. next.Without(before)], [.. before.Without(next)], [.. before.ChangedIn(next)],
            before.Server != next.Server,
            before.IsNarrowedBy(next) || before.LimitsSubscribers != next.LimitsSubscribers
                || next.LimitsSubscribers && HearsLess(before, next));
    }

    // A subscription is judged when it comes: what a client may no longer hear must end with its connection.
    private static bool HearsLess(KeySet before, KeySet next) => before.Rights.Any(
        was => next.Rights.Any(now => now.Name == was.Name && was.Hears.Except(now.Hears).Any()));
}

/// <summary>How keys differ from those before.</summary>
/// <param name="Added">Names of clients that had no key.</param>
/// <param name="Removed">Names of clients that have none any more.</param>
/// <param name="Changed">Names of clients that have another.</param>
/// <param name="IsServer">The daemon has another key itself.</param>
/// <param name="Reopens">Connections there are must end: libzmq asks at the handshake alone.</param>
public sealed record KeyChange(
    IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Changed, bool IsServer,
    bool Reopens);
