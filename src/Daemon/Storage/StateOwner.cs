using System.Globalization;

namespace Realtime.Daemon.Storage;

/// <summary>The right to write to a state directory; one process has it at a time.</summary>
public sealed class StateOwner : IDisposable
{
    public const string FileName = "owner";

    private readonly IDisposable _lock;

    private StateOwner(IDisposable held) => _lock = held;

    /// <param name="disk">The directory.</param>
    /// <param name="now">The time, ns since 1970; goes into the text that a second process gets to see.</param>
    /// <exception cref="StateInUseException">Another process has it.</exception>
    public static StateOwner Take(IDisk disk, long now)
    {
        var since = DateTimeOffset.FromUnixTimeMilliseconds(now / 1_000_000);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"pid {Environment.ProcessId} on {Environment.MachineName} since {since:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        var held = disk.TryLock(FileName, text, out var holder);
        return held is null ? throw new StateInUseException(disk.Path, holder) : new StateOwner(held);
    }

    public void Dispose() => _lock.Dispose();
}
