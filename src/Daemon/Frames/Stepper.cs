using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>What is told of a tick for which there was a forecast.</summary>
/// <param name="row">The stream's row.</param>
/// <param name="error">Absolute error of the horizon-1 forecast, the mean over the inputs.</param>
/// <param name="persistence">The same where the last value is the forecast.</param>
public delegate void ScoredTick(int row, double error, double persistence);

/// <summary>
/// Steps a frame's items wave by wave and leaves their predictions in the frame and with the streams.
/// </summary>
public sealed class Stepper(World world, FrameWork work)
{
    // Items ahead of which rows are asked for.
    private const int Ahead = 12;

    private readonly Waves _waves = new();
    private int[] _rows = new int[ModelHost.CpuChunk];
    private float[] _inputs = [];
    private float[] _outputs = [];

    /// <summary>Told of each tick that was scored; the daemon itself has no use for that.</summary>
    public ScoredTick? Scored { get; init; }

    public void Run()
    {
        if (work.ItemCount == 0)
            return;
        _waves.Sort(work.Items, world.Models.Count);
        for (var wave = 0; wave < _waves.Count; wave++)
        {
            var items = _waves[wave];
            var most = Math.Min(world.Host(work.Items[items[0]].Model).Chunk, items.Length);
            for (var at = 0; at < items.Length; at += most)
                Step(items.Slice(at, Math.Min(most, items.Length - at)));
        }
    }

    private void Step(ReadOnlySpan<int> chunk)
    {
        var items = work.Items;
        var host = world.Host(items[chunk[0]].Model);
        var (width, outputs) = (host.InputCount, host.OutputCount);
        var room = Math.Max(chunk.Length, ModelHost.CpuChunk);
        Fit(ref _rows, room);
        Fit(ref _inputs, room * width);
        Fit(ref _outputs, room * outputs);

        for (var i = 0; i < Math.Min(Ahead, chunk.Length); i++)
            Fetch(host, in items[chunk[i]]);
        var count = 0;
        for (var i = 0; i < chunk.Length; i++)
        {
            if (i + Ahead < chunk.Length)
                Fetch(host, in items[chunk[i + Ahead]]);
            ref var item = ref items[chunk[i]];
            if (item.Kind == ItemKind.Reset)
            {
                world.Reset(item.Row, item.Seq, "gap");
                continue;
            }

            Prepare(host, ref item, _inputs.AsSpan(count * width, width));
            _rows[count++] = item.ModelRow;
        }

        host.Engine.Step(
            _rows.AsSpan(0, count), _inputs.AsSpan(0, count * width), _outputs.AsSpan(0, count * outputs));

        count = 0;
        foreach (var index in chunk)
        {
            ref var item = ref items[index];
            if (item.Kind != ItemKind.Reset)
                Finish(host, ref item, _outputs.AsSpan(count++ * outputs, outputs));
        }
    }

    private void Fetch(ModelHost host, in Item item)
    {
        world.Streams.Fetch(item.Row);
        host.Fetch(item.ModelRow);
    }

    private void Prepare(ModelHost host, ref Item item, Span<float> inputs)
    {
        var values = work.Values(in item, inputs.Length);
        var memory = host.Memory(item.ModelRow);
        if (item.Kind == ItemKind.Imputed)
            values.Fill(double.NaN);
        else
            Score(host, item.Row, values, memory);
        if (host.Preprocessor.Prepare(values, memory, inputs))
            item.Flags |= PredictionFlags.Imputed;
    }

    private void Finish(ModelHost host, ref Item item, ReadOnlySpan<float> outputs)
    {
        var prediction = work.Prediction(in item, host.PredictionCount);
        var warming = host.Preprocessor.Finish(outputs, host.Memory(item.ModelRow), prediction);
        ref var stream = ref world.Streams[item.Row];
        if (item.Kind == ItemKind.Imputed)
        {
            stream.Counts.Imputed++;
            world.Counters.Imputed++;
            return;
        }

        if (warming || host.HasSuccessor)
        {
            item.Flags |= PredictionFlags.Warming;
            stream.Warming = true;
        }
        else if (stream.Warming)
        {
            stream.Warming = false;
            world.Raise(StreamEventKind.Warmed, item.Row, item.Seq, null);
        }

        stream.Flags = item.Flags;
        stream.HasPrediction = true;
        prediction.CopyTo(host.Prediction(item.ModelRow));
        work.Values(in item, host.InputCount).CopyTo(host.Values(item.ModelRow));
    }

    // The forecast made for this tick, against what came; persistence beside it.
    private void Score(ModelHost host, int row, ReadOnlySpan<double> values, ReadOnlySpan<double> memory)
    {
        var forecasts = host.Preprocessor.LastForecast(memory);
        var last = host.Preprocessor.Last(memory);
        double error = 0, persistence = 0;
        var scored = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var difference = Math.Abs(values[i] - forecasts[i]);
            var change = Math.Abs(values[i] - last[i]);
            if (!double.IsFinite(difference) || !double.IsFinite(change))
                continue;
            error += difference;
            persistence += change;
            scored++;
        }

        if (scored == 0)
            return;
        if (scored != 1)
            (error, persistence) = (error / scored, persistence / scored);
        world.Streams[row].Errors.Add(error, persistence);
        Scored?.Invoke(row, error, persistence);
    }

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            array = new T[Math.Max(count, 2 * array.Length)];
    }
}
