using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Http;
using Realtime.Daemon.Io;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting.Systemd;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Reloading;
using Realtime.Daemon.Security;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Telemetry;
using Realtime.Gpu;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Hosting;

/// <summary>Puts the daemon together and runs it until a signal ends it.</summary>
public static partial class DaemonHost
{
    public static string Version { get; } =
        typeof(DaemonHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>Runs the daemon; returns its exit code.</summary>
    /// <exception cref="StartException">It can't start.</exception>
    /// <param name="options">The configuration.</param>
    /// <param name="salvage">Go on without what is damaged in the state directory, and set it aside.</param>
    /// <param name="read">Reads the configuration again, for a reload; null where it can't be.</param>
    /// <param name="origins">Where each setting stands; null where nobody knows.</param>
    public static async Task<int> RunAsync(
        RealtimeOptions options, bool salvage = false, Func<ConfigurationResult>? read = null,
        IReadOnlyDictionary<string, string>? origins = null)
    {
        var guards = Guards.Load(options);
        using var notifier = ServiceNotifier.FromEnvironment();
        var models = ModelLoading.LoadAll(options, origins);
        var clock = new SystemClock();
        using var directory = OpenState(options, clock);
        using var engines = Engines.Choose(options, directory is null ? null : FailedDeviceFile.Read(directory.Disk));
        var facts = FactsOf(options, engines.FactsOf(models[0].Model), new Dictionary<string, string>());
        WarmUpOrStayAway(models, engines, facts, directory);
        using var transport = OpenTransport(options, guards);
        var loopOptions = DaemonTelemetry.ForLoop(options);
        using var world = Worlds.Make(
            models, engines, loopOptions, directory?.Epoch ?? (ulong)clock.UtcNanoseconds);
        guards.Attach(world, transport, clock);
        var report = new WorldReport(world, facts with { Endpoints = transport.Endpoints });
        var loop = new FrameLoop(world, loopOptions, report, clock, transport, transport);
        using var life = directory is null ? null
            : new DurableLife(directory, world, Setup.Of(world.Models, Version), options, salvage)
            {
                WhyEngine = name => engines.WhyFor(models.First(model => model.Options.Name == name).Model),
            };
        if (life is not null)
            (life.Wake, loop.TroubleChanged) = (transport.Wake, life.Tell);

        var service = ServiceWiring.Connect(notifier, world, loop, life);
        using var telemetry = new DaemonTelemetry(options, loop, life);
        await using var app = Build(options, loop, (ILoopLife?)life ?? new ShortLife(world), telemetry, guards.Token);
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("realtimed");
        if (life is not null)
            life.Log = log;
        world.EngineChanged = change => LogEngineChange(log, change.Model, change.ToString());
        transport.Disturbed = name => LogDisturbed(log, name);
        using var reloader = new Reloader(
            read ?? (() => new ConfigurationResult(options, [], null, new Dictionary<string, string>())), options,
            model => ModelLoading.MakeHost(model, engines.Make(model.Model)), world, loop, directory?.Disk)
        {
            Log = log,
            Keys = new KeyReload(guards.Ring, world, loop, transport) { Log = log },
            PutInForce = taken =>
            {
                report.Use(FactsOf(taken, engines.FactsOf(world.Models[0].Model), transport.Endpoints));
                life?.Use(taken);
                UseStopTimeout(app, taken.Stop.Timeout);
            },
        };
        service.Follow(reloader);
        reloader.Attach();
        var thread = app.Services.GetRequiredService<LoopThread>();
        service.Follow(app.Lifetime, thread);
#if FAULT_INJECTION
        using var fault = FaultInjection.Attach(loop);
#endif
        using var hangup = OnHangup(reloader.Hangup);
        await StartAsync(app, thread, options).ConfigureAwait(false);
        Announce(log, options, models, engines, transport, app);
        AnnounceSecurity(log, guards);
        await ServeAsync(thread, service, log).ConfigureAwait(false);
        await app.WaitForShutdownAsync().ConfigureAwait(false);
        reloader.Stop();
        // A loop that goes on still uses what would be disposed of below.
        if (!thread.Ended)
            Environment.Exit(ExitCode.Failed);
        telemetry.LoopEnded(log);
        LogEnd(log, world.Counters.Received, world.Counters.Stepped, world.Streams.Count);
        return thread.ExitCode;
    }

    // A device that fails here has passed its trial: the next start that may choose is to know.
    private static void WarmUpOrStayAway(
        IReadOnlyList<LoadedModel> models, Engines engines, DaemonFacts facts, StateDirectory? directory)
    {
        try
        {
            WarmUp.Run(models, engines, facts);
        }
        catch (GpuException e)
        {
            if (directory is not null)
                FailedDeviceFile.Write(directory.Disk, e.Message);
            throw new StartException(ExitCode.Failed, [$"the device failed before anything was served: {e.Message}"]);
        }
    }

    private static PosixSignalRegistration OnHangup(Action reload) =>
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            reload();
        });

    private static async Task ServeAsync(LoopThread thread, ServiceWiring service, ILogger log)
    {
        if (!await thread.Serving().ConfigureAwait(false))
            return;
        LogServing(log, Version);
        service.Serve(log);
    }

    private static async Task StartAsync(WebApplication app, LoopThread thread, RealtimeOptions options)
    {
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The loop turns already, on sockets and states that are about to go.
            await thread.StopAsync(default).ConfigureAwait(false);
            throw new StartException(ExitCode.Failed, [$"http.endpoint {options.Http.Endpoint}: {e.Message}"]);
        }
    }

    // Without durability nothing would be written, and what an earlier start wrote would be forgotten in silence.
    private static StateDirectory? OpenState(RealtimeOptions options, IClock clock)
    {
        if (options.State.Directory is not { } path || options.State.Durability == Durability.None)
            return null;
        try
        {
            return new StateDirectory(new FileDisk(Path.GetFullPath(path)), options.State, clock);
        }
        catch (StateInUseException e)
        {
            throw new StartException(ExitCode.Configuration, [$"state.directory: {e.Message}"]);
        }
        catch (IOException e)
        {
            throw new StartException(ExitCode.Failed, [$"state.directory {path}: {e.Message}"]);
        }
    }

    private static ZmqTransport OpenTransport(RealtimeOptions options, Guards guards)
    {
        try
        {
            ZmqLibrary.Require();
            return new ZmqTransport(options.Endpoints, guards.Limits, guards.Ring, guards.Hits);
        }
        catch (Exception e) when (e is ZmqException or DllNotFoundException)
        {
            throw new StartException(ExitCode.Failed, [e.Message]);
        }
    }

    private static DaemonFacts FactsOf(
        RealtimeOptions options, (string Engine, string Kernel, string? Device) engine,
        IReadOnlyDictionary<string, string> endpoints) => new()
        {
            Version = Version,
            Engine = engine.Engine,
            Kernel = engine.Kernel,
            Device = engine.Device,
            Endpoints = endpoints,
            Limits = new Dictionary<string, long>
            {
                ["frame"] = options.Limits.Frame,
                ["streams"] = options.Streams.Max,
                ["maxTicks"] = options.Frame.MaxTicks,
                ["gaps"] = StreamOrder.GapsRemembered,
            },
        };

    private static WebApplication Build(
        RealtimeOptions options, FrameLoop loop, ILoopLife life, DaemonTelemetry telemetry, string? token)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // Settings come from the daemon's own configuration alone.
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        if (JournalSocket.TryOpen() is { } journal)
            builder.Logging.AddProvider(new JournalLoggerProvider(journal, Console.Error));
        else if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null)
            builder.Logging.AddSystemdConsole();
        else
            builder.Logging.AddSimpleConsole(static console => console.SingleLine = true);
        telemetry.AddTo(builder.Logging);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Stop.Timeout);
        builder.Services.AddSingleton(loop);
        builder.Services.AddSingleton(services => new LoopThread(
            loop, life, options.Stop.Timeout, services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<ILogger<LoopThread>>()));
        builder.Services.AddHostedService(static services => services.GetRequiredService<LoopThread>());
        if (options.Http.Endpoint is null)
            builder.Services.AddSingleton<Microsoft.AspNetCore.Hosting.Server.IServer, NoServer>();
        builder.WebHost.ConfigureKestrel(HttpGuard.Limit);
        var app = builder.Build();
        if (options.Http.Endpoint is { } endpoint)
        {
            app.Urls.Add(endpoint);
            app.Use(new HttpGuard(token, Exposure.IsLocal(endpoint)).Pass);
        }

        HttpApi.Map(app, loop);
        telemetry.Map(app);
        return app;
    }

    private static void UseStopTimeout(WebApplication app, TimeSpan timeout)
    {
        app.Services.GetRequiredService<LoopThread>().StopTimeout = timeout;
        app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout = timeout;
    }

    private static void Announce(
        ILogger log, RealtimeOptions options, IReadOnlyList<LoadedModel> models, Engines engines,
        ZmqTransport transport, WebApplication app)
    {
        foreach (var (of, model) in models.Where(static loaded => loaded.Model.Copies == 1))
            LogModel(log, of.Name, string.Join(" ", of.Streams), of.File, model.Digest[..12]);
        foreach (var texts in models.GroupBy(model => engines.Describe(model.Model)))
        {
            // Named where not all are stepped by the same.
            var whose = texts.Count() == models.Count ? "" : $" for {string.Join(", ", texts.Select(Name))}";
            LogEngine(log, whose, texts.Key, StateText(options.State));
        }

        if (engines.Notice is { } notice)
            LogNotice(log, notice);
        foreach (var (name, endpoint) in transport.Endpoints)
            LogEndpoint(log, name, endpoint);
        foreach (var url in app.Urls)
            LogEndpoint(log, "http", url);
    }

    private static string Name(LoadedModel model) => model.Options.Name;

    private static void AnnounceSecurity(ILogger log, Guards guards)
    {
        LogSecurity(log, Exposure.Describe(guards.Keys));
        foreach (var notice in guards.Notices)
            LogNotice(log, notice);
    }

    /// <summary>Where state lives, in words.</summary>
    internal static string StateText(StateOptions state) => state switch
    {
        { Directory: null } => "in memory only",
        { Durability: Durability.None } => $"in memory only; durability none leaves {state.Directory} alone",
        _ => $"{state.Directory}, durability {state.Durability.ToString().ToLowerInvariant()}",
    };

    [LoggerMessage(10, LogLevel.Information, "Model {Name} for {Patterns}: {File}, digest {Digest}")]
    private static partial void LogModel(ILogger log, string name, string patterns, string file, string digest);

    [LoggerMessage(11, LogLevel.Information, "Engine{Models} {Engine}; state: {State}")]
    private static partial void LogEngine(ILogger log, string models, string engine, string state);

    [LoggerMessage(16, LogLevel.Warning, "Model {Model}: {Change}")]
    private static partial void LogEngineChange(ILogger log, string model, string change);

    [LoggerMessage(12, LogLevel.Warning, "{Notice}")]
    private static partial void LogNotice(ILogger log, string notice);

    [LoggerMessage(13, LogLevel.Information, "{Name} at {Endpoint}")]
    private static partial void LogEndpoint(ILogger log, string name, string endpoint);

    [LoggerMessage(85, LogLevel.Information, "Security: {Keys}")]
    private static partial void LogSecurity(ILogger log, string keys);

    [LoggerMessage(
        86, LogLevel.Warning,
        "{Client} sent on predictions what is no subscription; every subscriber has to connect again. Its key can be "
            + "taken back")]
    private static partial void LogDisturbed(ILogger log, string client);

    [LoggerMessage(14, LogLevel.Information, "Serving, version {Version}")]
    private static partial void LogServing(ILogger log, string version);

    [LoggerMessage(
        15, LogLevel.Information, "Stopped: {Received} ticks received, {Stepped} stepped, {Streams} streams")]
    private static partial void LogEnd(ILogger log, long received, long stepped, int streams);
}
