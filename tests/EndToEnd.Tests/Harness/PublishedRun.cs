using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A load that a thread of its own publishes, with every prediction that came back.</summary>
internal sealed class PublishedRun : IDisposable
{
    // Ticks in one go; between two the publisher works. Keeps a run's ticks to what can be repeated in seconds.
    private const int Burst = 40;

    private readonly ReliablePublisher _publisher;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _publishing;
    private long _acknowledged;
    private TimeSpan _patience;

    public PublishedRun(string endpoint)
    {
        _publisher = new ReliablePublisher(new()
        {
            Requests = endpoint,
            Reply = true,
            WindowTicks = 1000,
            BatchTicks = 60,
            ReconnectDelay = TimeSpan.FromMilliseconds(20),
            DelayMaximum = TimeSpan.FromMilliseconds(100),
        });
        _publisher.Predicted += Keep;
        _publishing = Task.Factory.StartNew(
            Publish, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public SensorLoad Load { get; } = new(12);

    /// <summary>As text, by stream and sequence number. Read after the end.</summary>
    public Dictionary<(string Stream, ulong Seq), string> Predictions { get; } = [];

    /// <summary>Read after the end.</summary>
    public PublisherCounts Counts => _publisher.Counts;

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    public async Task AcknowledgedAsync(long ticks, TimeSpan patience)
    {
        var end = DateTime.UtcNow + patience;
        while (Acknowledged < ticks)
        {
            if (_publishing.IsCompleted)
                await _publishing;
            Assert.True(DateTime.UtcNow < end, $"{Acknowledged} ticks acknowledged, expected {ticks}");
            await Task.Delay(2);
        }
    }

    /// <summary>Publishes no more, and waits until everything is acknowledged.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        _patience = patience;
        await _stop.CancelAsync();
        await _publishing;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _publishing.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        _publisher.Dispose();
        _stop.Dispose();
    }

    private void Publish()
    {
        while (!_stop.IsCancellationRequested)
        {
            for (var i = 0; i < Burst && Load.TryPublish(_publisher); i++)
            {
            }

            _publisher.Poll(TimeSpan.FromMilliseconds(5));
            Volatile.Write(ref _acknowledged, _publisher.Counts.Acknowledged);
        }

        Assert.True(_publisher.Flush(_patience), $"{_publisher.Waiting} ticks wait; {_publisher.LastTrouble}");
    }

    private void Keep(Prediction prediction)
    {
        if (!Predictions.TryAdd((prediction.Stream, prediction.Seq), SensorLoad.TextOf(prediction)))
            Assert.Fail($"a second prediction of {prediction.Stream} {prediction.Seq}");
    }
}
