using Realtime.Daemon.Frames.Snapshots;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames.HandOver;

/// <summary>A model as the configuration has it now.</summary>
/// <param name="Change">What becomes of its streams.</param>
/// <param name="Patterns">Of the streams it serves.</param>
/// <param name="WarmTicks">Ticks of the past to warm up with.</param>
/// <param name="Host">Without streams; null where the model is unchanged.</param>
public sealed record NextModel(ModelChange Change, IReadOnlyList<string> Patterns, int WarmTicks, ModelHost? Host)
{
    public string Name => Change.Name;
}

/// <summary>How many streams a hand-over found.</summary>
public sealed record HandedOver
{
    /// <summary>Streams by the name of the model that served them before.</summary>
    public Dictionary<string, int> Streams { get; } = [];

    /// <summary>Streams of models that are gone: with another model now, and given up for want of one.</summary>
    public int Moved { get; set; }

    public int Left { get; set; }

    /// <summary>Hosts that serve nobody any more; to be disposed of.</summary>
    public List<ModelHost> Old { get; } = [];
}

/// <summary>Puts other models under the streams, all at one boundary between frames.</summary>
/// <param name="world">No snapshot of it is being copied.</param>
/// <param name="version">Of the program, for the description.</param>
public sealed class ModelHandOver(World world, string version)
{
    private const string Detail = "model";

    private Setup _setup = Setup.Of(world.Models, version);

    /// <summary>Puts the models in place; those that warm up leave the old ones serving until <see cref="TakeOver"/>.
    /// </summary>
    public HandedOver Begin(IReadOnlyList<NextModel> next)
    {
        var done = new HandedOver();
        var before = world.Models.ToArray();
        foreach (var host in before)
            done.Streams[host.Name] = host.Streams;
        var old = next.Select(model => Array.FindIndex(before, host => host.Name == model.Name)).ToArray();
        var hosts = new ModelHost[next.Count];
        for (var i = 0; i < hosts.Length; i++)
            hosts[i] = Choose(next[i], old[i] < 0 ? null : before[old[i]], done);
        MoveRows(before, hosts, next, old, done);
        done.Old.AddRange(before.Except(hosts).Except(done.Old));
        Record();
        return done;
    }

    /// <summary>The streams of a model, for one that warms up to take its place.</summary>
    public WarmStream[] StreamsOf(int model)
    {
        var streams = new List<WarmStream>(world.Host(model).Streams);
        for (var row = 0; row < world.Streams.End; row++)
            if (world.Streams[row].Model == model)
                streams.Add(new WarmStream(row, world.Streams.Name(row), world.Streams[row].IsId));
        return [.. streams];
    }

    /// <summary>A model that has warmed up, and has caught up with the world, takes the place of another.</summary>
    /// <returns>Streams that go on warmed, and those that start anew.</returns>
    public (int Warmed, int Cold) TakeOver(int model, Successor warm)
    {
        var host = warm.Host;
        var (warmed, cold) = (0, 0);
        (host.Patterns, host.WarmTicks) = (world.Host(model).Patterns, world.Host(model).WarmTicks);
        world.UseModels([.. world.Models.Select((one, i) => i == model ? host : one)]);
        for (var row = 0; row < world.Streams.End; row++)
        {
            ref var stream = ref world.Streams[row];
            if (stream.Model != model)
                continue;
            if (warm.Give(row, ref stream))
            {
                warmed++;
                continue;
            }

            StartAnew(row, host);
            cold++;
        }

        Record();
        return (warmed, cold);
    }

    /// <summary>The old model goes on for good.</summary>
    public void GiveUp(int model)
    {
        world.Host(model).HasSuccessor = false;
        Record();
    }

    private static ModelHost Choose(NextModel next, ModelHost? old, HandedOver done)
    {
        var host = next.Change.Fate is ModelFate.Unchanged or ModelFate.Warming ? old! : next.Host!;
        (host.Patterns, host.WarmTicks) = (next.Patterns, next.WarmTicks);
        host.HasSuccessor = next.Change.Fate == ModelFate.Warming;
        if (next.Change.Fate == ModelFate.Carried)
            done.Old.Add(old!);
        return host;
    }

    // Rows change only where their model's index does, or where they lose something.
    private void MoveRows(
        ModelHost[] before, ModelHost[] hosts, IReadOnlyList<NextModel> next, int[] old, HandedOver done)
    {
        var to = new int[before.Length];
        var anew = new bool[before.Length];
        for (var i = 0; i < before.Length; i++)
        {
            to[i] = Array.IndexOf(old, i);
            anew[i] = to[i] < 0 || next[to[i]].Change.Fate == ModelFate.Cold;
        }

        GiveUpUnserved(hosts, to, done);
        var losesPrediction = new bool[before.Length];
        for (var i = 0; i < before.Length; i++)
            if (to[i] >= 0 && next[to[i]].Change.Fate == ModelFate.Carried)
                losesPrediction[i] = !hosts[to[i]].TakeStreams(before[i]);
        world.UseModels(hosts);
        if (to.Select(static (target, i) => target == i).All(static isSame => isSame)
            && !anew.Contains(true) && !losesPrediction.Contains(true))
            return;
        for (var row = 0; row < world.Streams.End; row++)
        {
            ref var stream = ref world.Streams[row];
            if (stream.Model < 0)
                continue;
            var was = stream.Model;
            stream.Model = to[was] >= 0
                ? to[was] : world.ModelFor(world.Streams.Name(row), before[was].InputCount);
            if (losesPrediction[was])
                stream.HasPrediction = false;
            if (!anew[was])
                continue;
            stream.ModelRow = hosts[stream.Model].Take();
            StartAnew(row, hosts[stream.Model]);
            if (to[was] < 0)
                done.Moved++;
        }
    }

    // While the old models are still there to take the rows back.
    private void GiveUpUnserved(ModelHost[] hosts, int[] to, HandedOver done)
    {
        if (!to.Contains(-1))
            return;
        var routes = new ModelRoutes(hosts.Select(static host => host.Patterns));
        for (var row = 0; row < world.Streams.End; row++)
        {
            if (!world.Streams.IsUsed(row) || to[world.Streams[row].Model] >= 0
                || routes.Find(world.Streams.Name(row)) >= 0)
                continue;
            world.Remove(
                row, ChangeKind.Forgotten, StreamEventKind.Forgotten,
                $"its model is gone and no pattern matches, the count stood at {world.Streams[row].Order.Last}");
            done.Left++;
        }
    }

    // Order, count and what was published stay; the row is one of the host's.
    private void StartAnew(int row, ModelHost host)
    {
        ref var stream = ref world.Streams[row];
        host.Clear(stream.ModelRow);
        host.ClearMonitor(stream.ModelRow);
        stream.HasPrediction = stream.IsAnomalous = false;
        stream.Errors = default;
        stream.Warming = true;
        world.Raise(StreamEventKind.Reset, row, Detail);
    }

    // A snapshot follows at once, so that no start steps what was recorded before by the model of now, and a replay
    // finds the states that the next records go on from.
    private void Record()
    {
        var before = _setup;
        _setup = Setup.Of(world.Models, version);
        foreach (var change in before.EngineChanges(_setup))
            world.Raise(change with { Reason = "the model was read again" });
        var description = _setup.ToBytes();
        world.Changes.Setup(description);
        world.Changes.Commit(world.Frame, world.Now);
        world.Snapshots?.Describe(description);
        world.Snapshots?.Ask();
        world.Snapshots?.Run();
    }
}
