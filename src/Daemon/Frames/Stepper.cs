using Realtime.Cells;
using Realtime.Cells.Adaptive;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>What is told of a tick for which there was a forecast.</summary>
/// <param name="row">The stream's row.</param>
/// <param name="error">Absolute error of the horizon-1 forecast, or of the shortest horizon where the model learns, the
/// mean over the inputs.</param>
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
    private float[] _extra = [];
    private float[] _hidden = [];

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
        var (width, outputs) = (host.NetworkInputCount, host.OutputCount);
        var room = Math.Max(chunk.Length, ModelHost.CpuChunk);
        Fit(ref _rows, room);
        Fit(ref _inputs, room * width);
        Fit(ref _outputs, room * outputs);
        Fit(ref _extra, room * host.ExtraCount);
        Fit(ref _hidden, room * host.HiddenCount);

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

            Prepare(host, ref item, _inputs.AsSpan(count * width, width), Extra(host, count));
            _rows[count++] = item.ModelRow;
        }

        host.Engine.Step(
            _rows.AsSpan(0, count), _inputs.AsSpan(0, count * width), _outputs.AsSpan(0, count * outputs));
        ReadHidden(host, count);

        count = 0;
        foreach (var index in chunk)
        {
            ref var item = ref items[index];
            if (item.Kind != ItemKind.Reset)
                Finish(host, ref item, count++);
        }
    }

    private Span<float> Extra(ModelHost host, int index) =>
        _extra.AsSpan(index * host.ExtraCount, host.ExtraCount);

    private void ReadHidden(ModelHost host, int count)
    {
        if (host.HiddenCount == 0 || count == 0)
            return;
        host.Engine.ReadTop(_rows.AsSpan(0, count), _hidden.AsSpan(0, count * host.HiddenCount));
    }

    private void Fetch(ModelHost host, in Item item)
    {
        world.Streams.Fetch(item.Row);
        host.Fetch(item.ModelRow);
    }

    private void Prepare(ModelHost host, ref Item item, Span<float> inputs, Span<float> extra)
    {
        var values = work.Values(in item, host.InputCount);
        var memory = host.Memory(item.ModelRow);
        if (item.Kind == ItemKind.Imputed)
            values.Fill(double.NaN);
        if (host.Online is not null)
            Settle(host, ref item, values, memory);
        else if (item.Kind != ItemKind.Imputed)
            Score(host, item.Row, values, memory);
        var time = item.HasTime ? item.Time : Preprocessor.NoTime;
        if (host.Preprocessor.Prepare(values, time, memory, inputs, extra))
            item.Flags |= PredictionFlags.Imputed;
    }

    // What earlier ticks forecast for this one is learnt from; an imputed tick only ends the waiting for it.
    private void Settle(ModelHost host, ref Item item, ReadOnlySpan<double> values, ReadOnlySpan<double> memory)
    {
        var online = host.Online!;
        var learnt = host.OnlineMemory(item.ModelRow);
        if (item.IsRestart)
            online.ForgetPending(learnt);
        var settled = online.Settle(item.Seq, values, memory, learnt);
        if (item.Kind == ItemKind.Imputed)
            return;
        var monitor = host.Monitor(item.ModelRow);
        monitor.Score = item.Score = settled.Score;
        monitor.Add(in settled);
        if (double.IsFinite(settled.AbsoluteError) && double.IsFinite(settled.Persistence))
            AddError(item.Row, settled.AbsoluteError, settled.Persistence);
    }

    private bool FinishForecast(ModelHost host, ref Item item, int index, Span<double> prediction)
    {
        var memory = host.Memory(item.ModelRow);
        var outputs = _outputs.AsSpan(index * host.OutputCount, host.OutputCount);
        if (host.Online is not { } online)
            return host.Preprocessor.Finish(outputs, memory, prediction);
        var flags = online.Finish(
            item.Seq, _inputs.AsSpan(index * host.NetworkInputCount, host.NetworkInputCount), Extra(host, index),
            _hidden.AsSpan(index * host.HiddenCount, host.HiddenCount), outputs, memory,
            host.OnlineMemory(item.ModelRow), prediction);
        if ((flags & OnlineFlags.Frozen) != 0)
            item.Flags |= PredictionFlags.Frozen;
        if ((flags & OnlineFlags.Fallback) != 0)
            item.Flags |= PredictionFlags.Fallback;
        return (flags & OnlineFlags.Warming) != 0;
    }

    private void Finish(ModelHost host, ref Item item, int index)
    {
        var prediction = work.Prediction(in item, host.PredictionCount);
        var warming = FinishForecast(host, ref item, index, prediction);
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

        if (host.Online is not null)
            world.Judge(item.Row, item.Seq, item.Score);
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
        AddError(row, error, persistence);
    }

    private void AddError(int row, double error, double persistence)
    {
        world.Streams[row].Errors.Add(error, persistence);
        Scored?.Invoke(row, error, persistence);
    }

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            array = new T[Math.Max(count, 2 * array.Length)];
    }
}
