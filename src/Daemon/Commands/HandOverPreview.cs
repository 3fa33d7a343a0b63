using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Commands;

/// <summary>
/// Tells beforehand what becomes of the streams of a state directory under other models, by its newest snapshot alone.
/// Changes nothing and waits for nobody, so it works while a daemon owns the directory.
/// </summary>
internal sealed class HandOverPreview : IDisposable
{
    // A daemon may delete a snapshot between the listing and the reading.
    private const int Attempts = 5;

    private readonly FileDisk _disk;
    private readonly ModelHost[] _hosts;
    private readonly (ModelShape Shape, IReadOnlyList<string> Patterns, int WarmTicks)[] _models;
    private readonly ModelRoutes _routes;

    /// <exception cref="StartException">There is no such folder.</exception>
    public HandOverPreview(string path, IReadOnlyList<LoadedModel> models, string kernel)
    {
        if (!Directory.Exists(path))
            throw new StartException(ExitCode.Failed, [$"{path}: found no such folder, expected a state directory"]);
        _hosts = [.. models.Select(model => ModelLoading.MakeHost(model, kernel, threads: 1))];
        _models = [.. _hosts.Select(static host => (ModelShape.Of(host), host.Patterns, host.WarmTicks))];
        _routes = new ModelRoutes(_hosts.Select(static host => host.Patterns));
        _disk = new FileDisk(path);
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"against        {_disk.Path}");
        for (var attempt = 1; ; attempt++)
        {
            var snapshots = StateFiles.Snapshots(_disk);
            if (snapshots.Count == 0)
            {
                output.WriteLine("  snapshot     none yet: nothing can be told of its streams");
                return;
            }

            var file = snapshots[^1];
            try
            {
                var lines = Read(file);
                output.WriteLine($"  snapshot     {file.Name}, records up to {file.Number}");
                foreach (var line in lines)
                    output.WriteLine($"  streams      {line}");
                return;
            }
            catch (IOException) when (attempt < Attempts && !StateFiles.Snapshots(_disk).Contains(file))
            {
                // Deleted, so there is a newer one.
            }
        }
    }

    public void Dispose()
    {
        _disk.Dispose();
        foreach (var host in _hosts)
            host.Dispose();
    }

    private IEnumerable<string> Read(Storage.StateFile file)
    {
        using var snapshot = new SnapshotReader(_disk, file.Name);
        var setup = Setup.Read(snapshot.Header.Description);
        var hasJournal = StateFiles.Segments(_disk).Count != 0;
        var numbers = setup.Models.Select(static model => new StreamNumbers(model)).ToArray();
        var counts = new SortedDictionary<(int Model, string Text), int>();
        while (snapshot.Read())
        {
            if ((int)snapshot.Kind == SnapshotCopy.RefusedBlock)
                continue;
            var model = ImageBlock.ModelOf((int)snapshot.Kind);
            var reader = new ImageReader(snapshot.Payload);
            while (!reader.IsEmpty)
            {
                var name = StreamImage.Read(ref reader, numbers[model], out _, out var stream);
                var text = FateOf(setup.Models[model], name, stream.Counts.Stepped != 0, hasJournal);
                counts[(model, text)] = counts.GetValueOrDefault((model, text)) + 1;
            }
        }

        return counts.Select(entry => $"{entry.Value} of model {setup.Models[entry.Key.Model].Name}: {entry.Key.Text}");
    }

    private string FateOf(ModelShape then, ReadOnlySpan<byte> name, bool hasTicks, bool hasJournal)
    {
        var (shape, _, ticks) = Array.Find(_models, model => model.Shape.Name == then.Name);
        if (shape is null)
        {
            var other = _routes.Find(name);
            return other < 0 ? "left out: their model is gone, and no pattern matches them"
                : $"cold: their model is gone, {_models[other].Shape.Name} serves them";
        }

        var change = ModelChange.Of(then, shape, ticks, hasJournal);
        return change.Fate switch
        {
            ModelFate.Unchanged => "carried: the model is the same",
            ModelFate.Carried when change.Reason is { } reason => $"carried: {reason}",
            ModelFate.Carried => "carried: the model has other weights and the same shape",
            ModelFate.Warming when hasTicks => $"warmed by their last {ticks} ticks: {change.Reason}",
            ModelFate.Warming => $"cold: they have no ticks, and {change.Reason}",
            _ => $"cold: {change.Reason}",
        };
    }
}
