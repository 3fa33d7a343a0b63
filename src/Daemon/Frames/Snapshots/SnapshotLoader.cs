namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>How the streams of a snapshot came into the world.</summary>
public sealed class LoadedStreams
{
    /// <summary>With everything they carry.</summary>
    public int Carried { get; set; }

    /// <summary>With their count alone, since their model has another shape now; why, by model.</summary>
    public int Cold { get; set; }

    /// <summary>Without a model that serves them now.</summary>
    public int Left { get; set; }

    public Dictionary<string, string> Reasons { get; } = [];

    /// <summary>Why the streams of a model that go on learn anew, by model.</summary>
    public Dictionary<string, string> LearnAnew { get; } = [];

    /// <summary>Rows of cold streams whose model has the inputs it had.</summary>
    public List<int> CanWarm { get; } = [];
}

/// <summary>Puts the streams of a snapshot into an empty world, each into the row it had.</summary>
public sealed class SnapshotLoader
{
    private readonly World _world;
    private readonly Setup _setup;
    private readonly StreamNumbers[] _numbers;
    private readonly string?[][] _unlike;
    private readonly string?[][] _learnsUnlike;
    private readonly int[] _kept;

    /// <param name="world">An empty world.</param>
    /// <param name="setup">The snapshot's description.</param>
    public SnapshotLoader(World world, Setup setup)
    {
        _world = world;
        _setup = setup;
        _numbers = [.. setup.Models.Select(static model => new StreamNumbers(model))];
        _kept = [.. setup.Models.Select(model => world.Models.ToList().FindIndex(host => host.Name == model.Name))];
        var shapes = world.Models.Select(ModelShape.Of).ToArray();
        _unlike = [.. setup.Models.Select(
            model => shapes.Select(shape => Unlike(model, shape)).ToArray())];
        _learnsUnlike = [.. setup.Models.Select(
            model => shapes.Select(shape => model.LearnsUnlike(shape)).ToArray())];
    }

    public LoadedStreams Loaded { get; } = new();

    /// <summary>Loads one block.</summary>
    /// <param name="block">As <see cref="SnapshotCopy"/> gave it.</param>
    /// <param name="kind">As <see cref="ImageBlock.Kind"/>; <see cref="SnapshotCopy.RefusedBlock"/>: names that owe a
    /// tick.</param>
    /// <exception cref="InvalidDataException">It does not hold what it should; the message says where.</exception>
    public void Load(ReadOnlySpan<byte> block, int kind)
    {
        var reader = new ImageReader(block);
        var model = ImageBlock.ModelOf(kind);
        if (kind == SnapshotCopy.RefusedBlock)
        {
            while (!reader.IsEmpty)
            {
                var seq = reader.Read<ulong>();
                _world.Refused.Owe(reader.Bytes(reader.Read<ushort>()), seq);
            }

            return;
        }

        if ((uint)model >= (uint)_numbers.Length)
            throw new InvalidDataException($"a block of model {model}, the description has {_numbers.Length}");
        if ((model != kind) != (_setup.Models[model].LearntBytes != 0))
            throw new InvalidDataException($"a block of kind {kind}, model {model} of the description learns "
                + (model == kind ? "something" : "nothing"));
        while (!reader.IsEmpty)
        {
            var name = StreamImage.Read(ref reader, _numbers[model], out var row, out var stream);
            Load(name, row, in stream, model);
        }
    }

    private static string? Unlike(ModelShape then, ModelShape now) =>
        then.Name != now.Name ? $"model {then.Name} became {now.Name}" : then.Unlike(now);

    // A stream keeps its model as long as there is one of that name; patterns choose for those without one.
    private void Load(ReadOnlySpan<byte> name, int row, in StreamRow stream, int model)
    {
        var now = _kept[model] >= 0 ? _kept[model] : _world.ModelFor(name, _setup.Models[model].Inputs.Count);
        if (now < 0)
        {
            Loaded.Left++;
            Loaded.Reasons.TryAdd(_setup.Models[model].Name, "no model's pattern matches its streams");
            return;
        }

        _world.Place(row, name, stream.IsId, now);
        ref var placed = ref _world.Streams[row];
        var (modelIndex, modelRow) = (placed.Model, placed.ModelRow);
        placed = stream;
        (placed.Model, placed.ModelRow) = (modelIndex, modelRow);
        var host = _world.Models[modelIndex];
        if (_unlike[model][now] is { } reason)
        {
            placed.HasPrediction = placed.IsAnomalous = false;
            placed.Errors = default;
            placed.Warming = true;
            Loaded.Cold++;
            if (_kept[model] >= 0 && _setup.Models[model].Inputs.SequenceEqual(host.Model.Inputs))
                Loaded.CanWarm.Add(row);
            Loaded.Reasons.TryAdd(_setup.Models[model].Name, reason);
            return;
        }

        // A head of another size leaves the state as it is, but not the numbers of the last prediction.
        if (host.Model.PredictionCount != _setup.Models[model].PredictionCount)
            placed.HasPrediction = false;
        var learnsUnlike = _learnsUnlike[model][now];
        _numbers[model].Put(host, modelRow, placed.HasPrediction, learnsUnlike is null);
        if (learnsUnlike is not null)
            Loaded.LearnAnew.TryAdd(_setup.Models[model].Name, learnsUnlike);
        Loaded.Carried++;
    }
}
