using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Security;
using Realtime.Daemon.Storage;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Reloading;

/// <summary>
/// Reads the configuration and its models again while the daemon runs, on a thread of its own, and has the loop put
/// what changed in place.
/// </summary>
/// <param name="read">Reads the configuration as the start did.</param>
/// <param name="started">What the start read.</param>
/// <param name="make">Makes a model ready to serve.</param>
/// <param name="world">Its models are what the start read.</param>
/// <param name="loop">Turns the world.</param>
/// <param name="disk">Where the journal is; null where there is none.</param>
public sealed partial class Reloader(
    Func<ConfigurationResult> read, RealtimeOptions started, Func<LoadedModel, ModelHost> make, World world,
    FrameLoop loop, IDisk? disk) : IDisposable
{
    private readonly ModelHandOver _handOver = new(world, DaemonHost.Version);
    private readonly CancellationTokenSource _stop = new();
    private readonly LoopBoundary _boundary = new(world, loop);
    private List<ModelShape> _models = [.. world.Models.Select(ModelShape.Of)];
    private RealtimeOptions _inForce = started;
    private ILogger _log = NullLogger.Instance;
    private bool _again;

    /// <summary>Where it tells what it does.</summary>
    public ILogger Log
    {
        set => _log = value;
    }

    /// <summary>Puts keys in force that were read again; null where there are none.</summary>
    public KeyReload? Keys { get; init; }

    /// <summary>Puts settings in force beside those of the loop; called on the loop's thread.</summary>
    public Action<RealtimeOptions>? PutInForce { get; set; }

    /// <summary>Reading begins; called on the loop's thread.</summary>
    public Action? Begun { get; set; }

    /// <summary>What was read is in force, or not, as <see cref="World.Reloads"/> says; called on the loop's thread.
    /// </summary>
    public Action? Ended { get; set; }

    /// <summary>Takes requests from here on.</summary>
    public void Attach() => world.HandOvers.Reload = Begin;

    /// <summary>The same as a request, without a reply; from any thread.</summary>
    public void Hangup() => loop.Post(() =>
    {
        _again = world.HandOvers.Busy is not null;
        if (!_again)
            Begin(null);
    });

    /// <summary>Begins nothing any more, and ends what is under way.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        Stop();
        _stop.Dispose();
    }

    // On the loop's thread.
    private void Begin(LateReply? to)
    {
        if (world.HandOvers.Busy is { } busy)
        {
            Answer(to, ReloadReply.Error([busy], to?.Rid));
            return;
        }

        world.HandOvers.Busy = "the models are being read again";
        Begun?.Invoke();
        new Thread(() => Run(to)) { Name = "models", IsBackground = true }.Start();
    }

    private void Run(LateReply? to)
    {
        try
        {
            Reload(to);
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
#pragma warning disable CA1031 // the models that serve go on, whatever it was; it is logged
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(e);
            Fail(to, [$"reading the models again failed: {e.Message}"]);
        }
        finally
        {
            loop.Post(End);
        }
    }

    private void End()
    {
        world.HandOvers.Busy = null;
        if (!_again || _stop.IsCancellationRequested)
            return;
        _again = false;
        Begin(null);
    }

    private void Reload(LateReply? to)
    {
        if (!TryLoad(out var options, out var loaded, out var keys, out var faults))
        {
            Fail(to, faults);
            return;
        }

        var taken = LiveSettings.Take(_inForce, options!);
        var applied = SettingChanges.Between(_inForce, taken);
        var later = SettingChanges.Between(taken, options!);
        NextModel[] next = [.. loaded.Select(Prepare)];
        var done = _boundary.Run(() => PutInPlace(next, taken), _stop.Token);
        _inForce = taken;
        foreach (var setting in applied)
            LogApplied(setting);
        foreach (var setting in later)
            LogLater(setting);
        done.Old.ForEach(static host => host.Dispose());
        var gone = _models.Where(model => !next.Any(one => one.Name == model.Name)).Select(static model => model.Name);
        var outcomes = ReloadReply.Outcomes(next, gone, done);
        _models = [.. next.Select(one => ShapeOf(one))];
        foreach (var (change, streams) in outcomes)
            LogModel(change.Name, change.FateName, streams, change.Reason is { } reason ? $": {reason}" : "");
        var isWarming = next.Any(static one => one.Change.Fate == ModelFate.Warming);
        loop.Post(() =>
        {
            world.HandOvers.Busy = isWarming ? "a model is warming up" : world.HandOvers.Busy;
            Record([], applied, later);
        });
        Answer(to, ReloadReply.Done(outcomes, done, applied, later, to?.Rid));
        Keys?.Use(keys);
        for (var i = 0; i < next.Length; i++)
            if (next[i].Change.Fate == ModelFate.Warming)
                Warm(i, next[i]);
    }

    private HandedOver PutInPlace(NextModel[] next, RealtimeOptions taken)
    {
        var done = _handOver.Begin(next);
        loop.Use(taken.ForLoop());
        PutInForce?.Invoke(taken);
        return done;
    }

    // On the loop's thread.
    private void Record(
        IReadOnlyList<string> faults, IReadOnlyList<string> applied, IReadOnlyList<string> later)
    {
        world.Reloads.Add(new ReloadOutcome(world.Now, faults, applied, later));
        Ended?.Invoke();
    }

    private bool TryLoad(
        out RealtimeOptions? options, out IReadOnlyList<LoadedModel> models, out KeySet? keys,
        out IReadOnlyList<string> faults)
    {
        var result = read();
        (options, models, keys, faults) = (result.Options, [], null, result.Errors);
        if (options is null)
            return false;
        try
        {
            keys = KeySet.Load(options.Security);
            models = ModelLoading.LoadAll(options, result.Origins);
            return true;
        }
        catch (StartException e)
        {
            faults = e.Faults;
            return false;
        }
    }

    private NextModel Prepare(LoadedModel loaded)
    {
        var then = _models.Find(model => model.Name == loaded.Options.Name);
        var (patterns, ticks) = (loaded.Options.Streams, loaded.Options.WarmTicks);
        if (then?.Digest == loaded.Model.Digest && then.Adapt == loaded.Model.Adapt)
        {
            return new NextModel(
                new ModelChange(then.Name, ModelFate.Unchanged, null), patterns, ticks, null);
        }

        var host = make(loaded);
        var change = ModelChange.Of(then, ModelShape.Of(host), ticks, disk is not null);
        return new NextModel(change, patterns, ticks, host);
    }

    // A model that warms up does not serve yet.
    private ModelShape ShapeOf(NextModel next) =>
        next.Change.Fate is ModelFate.Unchanged or ModelFate.Warming
            ? _models.Find(model => model.Name == next.Name)! : ModelShape.Of(next.Host!);

    private void Warm(int model, NextModel next)
    {
        try
        {
            var warming = new WarmingModel(world, _handOver, disk!, _boundary, _stop.Token);
            var (warmed, cold) = warming.Run(model, next);
            _models[model] = ModelShape.Of(next.Host!);
            LogWarmed(next.Name, warmed, warming.Ticks, cold);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            LogNotWarmed(next.Name, e.Message);
            loop.Post(() => Record([$"model {next.Name} could not be warmed up: {e.Message}"], [], []));
            _boundary.Run(() =>
            {
                world.Changes.Tap = null;
                _handOver.GiveUp(model);
                return true;
            }, _stop.Token);
            next.Host!.Dispose();
        }
    }

    private void Fail(LateReply? to, IReadOnlyList<string> faults)
    {
        foreach (var fault in faults)
            LogFault(fault);
        loop.Post(() => Record(faults, [], []));
        Answer(to, ReloadReply.Error(faults, to?.Rid));
    }

    private void Answer(LateReply? to, MessagePackWriter reply)
    {
        if (to is not null)
            loop.Post(() => loop.Answer(to, reply.Written));
    }

    [LoggerMessage(40, LogLevel.Warning, "Not reloaded, all stays as it was: {Fault}")]
    private partial void LogFault(string fault);

    [LoggerMessage(41, LogLevel.Error, "Reloading failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(42, LogLevel.Warning, "Takes effect at the next start: {Setting}")]
    private partial void LogLater(string setting);

    [LoggerMessage(46, LogLevel.Information, "Takes effect now: {Setting}")]
    private partial void LogApplied(string setting);

    [LoggerMessage(43, LogLevel.Information, "Model {Name} {Fate}, {Streams} streams{Reason}")]
    private partial void LogModel(string name, string fate, int streams, string reason);

    [LoggerMessage(
        44, LogLevel.Information,
        "Model {Name} took over: {Warmed} streams warmed up by {Ticks} ticks, {Cold} start anew")]
    private partial void LogWarmed(string name, int warmed, long ticks, int cold);

    [LoggerMessage(45, LogLevel.Error, "Model {Name} could not be warmed up, the old one goes on: {Reason}")]
    private partial void LogNotWarmed(string name, string reason);
}
