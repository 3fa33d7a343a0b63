using System.Diagnostics;
using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Io;
using Realtime.Daemon.Frames.Requests;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>A daemon without HTTP in this process: the real loop, the real sockets, the built-in model.</summary>
internal sealed class RunningDaemon : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly ZmqTransport _transport;
    private readonly World _world;
    private readonly FrameLoop _loop;
    private readonly Thread _thread;

    public RunningDaemon()
    {
        var options = new RealtimeOptions
        {
            Endpoints = new EndpointOptions
            {
                Ingest = $"ipc://{_folder}/ingest",
                Requests = $"ipc://{_folder}/requests",
                Predictions = $"ipc://{_folder}/predictions",
            },
        };
        (Ingest, Requests, Predictions) =
            (options.Endpoints.Ingest, options.Endpoints.Requests, options.Endpoints.Predictions);
        var model = ModelLoading.ReadBuiltIn();
        _transport = new ZmqTransport(options.Endpoints, options.Limits);
        var host = new ModelHost("default", model, new CpuEngine(model), ["*"]);
        _world = new World([host], options.ForLoop(), new NoJournal(), epoch: 1);
        var facts = new DaemonFacts
        {
            Version = DaemonHost.Version,
            Engine = "cpu",
            Kernel = "auto",
            Limits = new Dictionary<string, long>(),
            Endpoints = _transport.Endpoints,
        };
        _loop = new FrameLoop(
            _world, options.ForLoop(), new WorldReport(_world, facts), new SystemClock(), _transport, _transport);
        _thread = new Thread(_loop.Run);
        _thread.Start();
    }

    public string Ingest { get; }

    public string Requests { get; }

    public string Predictions { get; }

    public RealtimeClient Connect() =>
        new(new RealtimeClientOptions { Ingest = Ingest, Requests = Requests, Predictions = Predictions });

    /// <summary>Waits until somebody asks for predictions.</summary>
    public async Task AwaitSubscriberAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        while (!_transport.HasSubscribers)
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, "nobody subscribes");
            await Task.Delay(20);
        }

        // For what the same subscriber asks for besides.
        await Task.Delay(200);
    }

    /// <summary>Sends some ticks of each of some streams, acknowledged.</summary>
    public void Feed(IEnumerable<string> streams, int ticks = 20)
    {
        using var client = Connect();
        foreach (var (i, stream) in streams.Index())
        {
            for (var tick = 1; tick <= ticks; tick++)
            {
                var reply = client.Send(stream, [10 * Math.Sin(0.3 * tick + i)], (ulong)tick);
                Assert.Equal(1UL, reply.Ack.Accepted);
            }
        }
    }

    public void Dispose()
    {
        _loop.Stop();
        _thread.Join();
        _transport.Dispose();
        _world.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
