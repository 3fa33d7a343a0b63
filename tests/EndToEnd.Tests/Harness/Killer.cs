namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>Kills a daemon at seeded moments and starts it again: most often under load, sometimes while it is still
/// taking back its state.</summary>
internal sealed class Killer(RestartableDaemon daemon, PublishedRun run, int seed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private long _acknowledged;

    /// <summary>How many kills did not wait until the daemon served.</summary>
    public int AtStart { get; private set; }

    public async Task KillOnceAsync(bool underLoad = false)
    {
        if (!underLoad && _random.Next(4) == 0)
        {
            AtStart++;
            await Task.Delay(_random.Next(0, 500));
        }
        else
        {
            await run.AcknowledgedAsync(_acknowledged + _random.Next(1, 500), Patience);
            await Task.Delay(_random.Next(0, 100));
        }

        await daemon.KillAsync();
        _acknowledged = run.Acknowledged;
        daemon.Start();
    }
}
