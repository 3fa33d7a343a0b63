namespace Realtime.Daemon.Frames;

/// <summary>How one reading of configuration and models ended.</summary>
/// <param name="At">When, ns since 1970.</param>
/// <param name="Faults">Why nothing, or not all, was put in force; empty where all was.</param>
/// <param name="Applied">Settings that took effect.</param>
/// <param name="Later">Settings that wait for the next start.</param>
public sealed record ReloadOutcome(
    long At, IReadOnlyList<string> Faults, IReadOnlyList<string> Applied, IReadOnlyList<string> Later)
{
    public bool IsOk => Faults.Count == 0;

    public string Name => IsOk ? "ok" : "failed";
}

/// <summary>Counts how often configuration and models were read again.</summary>
/// <remarks>Written by the loop's thread alone; other threads may read the counts.</remarks>
public sealed class Reloads
{
    private long _ok;
    private long _failed;

    public long Ok => Volatile.Read(ref _ok);

    public long Failed => Volatile.Read(ref _failed);

    /// <summary>How the last one ended; null before the first.</summary>
    public ReloadOutcome? Last { get; private set; }

    public void Add(ReloadOutcome outcome)
    {
        Last = outcome;
        if (outcome.IsOk)
            Volatile.Write(ref _ok, _ok + 1);
        else
            Volatile.Write(ref _failed, _failed + 1);
    }
}
