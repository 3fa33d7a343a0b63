namespace Realtime.Daemon.Storage;

/// <summary>Another process owns the directory.</summary>
public sealed class StateInUseException(string directory, string holder)
    : Exception($"the state directory {directory} is in use by {holder}")
{
    /// <summary>What the owner wrote of itself: pid, host and start time.</summary>
    public string Holder { get; } = holder;
}
