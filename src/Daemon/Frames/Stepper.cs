using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// Steps a frame's items wave by wave and leaves their predictions in the frame and with the streams.
/// </summary>
public sealed class Stepper(World world, FrameWork work)
{
    private readonly Waves _waves = new();
    private int[] _rows = [];
    private float[] _inputs = [];
    private float[] _outputs = [];

    public void Run()
    {
        if (work.ItemCount == 0)
            return;
        _waves.Sort(work.Items, world.Models.Count);
        for (var wave = 0; wave < _waves.Count; wave++)
            Step(_waves[wave]);
    }

    private void Step(ReadOnlySpan<int> wave)
    {
        if (wave.IsEmpty)
            return;
        var host = world.Models[work.Items[wave[0]].Model];
        var width = host.Model.Inputs.Count;
        Fit(ref _rows, wave.Length);
        Fit(ref _inputs, wave.Length * width);
        Fit(ref _outputs, wave.Length * host.Model.OutputCount);

        var count = 0;
        foreach (var index in wave)
        {
            ref var item = ref work.Items[index];
            if (item.Kind == ItemKind.Reset)
            {
                world.Reset(item.Row, item.Seq, "gap");
                continue;
            }

            Prepare(host, ref item, _inputs.AsSpan(count * width, width));
            _rows[count++] = item.ModelRow;
        }

        host.Engine.Step(
            _rows.AsSpan(0, count), _inputs.AsSpan(0, count * width),
            _outputs.AsSpan(0, count * host.Model.OutputCount));

        count = 0;
        foreach (var index in wave)
        {
            ref var item = ref work.Items[index];
            if (item.Kind != ItemKind.Reset)
                Finish(host, ref item, _outputs.AsSpan(count++ * host.Model.OutputCount, host.Model.OutputCount));
        }
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
        var prediction = work.Prediction(in item, host.Model.PredictionCount);
        var warming = host.Preprocessor.Finish(outputs, host.Memory(item.ModelRow), prediction);
        ref var stream = ref world.Streams[item.Row];
        if (item.Kind == ItemKind.Imputed)
        {
            stream.Counts.Imputed++;
            world.Counters.Imputed++;
            return;
        }

        if (warming)
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
        work.Values(in item, host.Model.Inputs.Count).CopyTo(host.Values(item.ModelRow));
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

        if (scored != 0)
            world.Streams[row].Errors.Add(error / scored, persistence / scored);
    }

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            array = new T[Math.Max(count, 2 * array.Length)];
    }
}
