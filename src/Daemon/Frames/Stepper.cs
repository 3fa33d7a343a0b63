using System.Runtime.CompilerServices;
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
/// <remarks>
/// A device has as many waves in flight as there are models; they are prepared and finished in the order in which one
/// after the other would be, so that nothing that comes of them depends on it.
/// </remarks>
public sealed class Stepper(World world, FrameWork work)
{
    // Items whose rows are asked for together, before those in front of them are prepared.
    private const int Ahead = 16;
    private const int LeastRoom = 256;

    private readonly Waves _waves = new();
    private readonly StepBatch _batch = new();
    private readonly int[] _rows = new int[Ahead];
    private readonly int[] _modelRows = new int[Ahead];
    private readonly Queue<StepBatch> _flying = [];
    private readonly Stack<StepBatch> _landed = [];
    private bool _hasWaited;

    /// <summary>Told of each tick that was scored; the daemon itself has no use for that.</summary>
    public ScoredTick? Scored { get; init; }

    /// <summary>Called once in a frame that a device steps, while it does.</summary>
    public Action? Waiting { get; set; }

    /// <summary>Steps another frame's items from here on.</summary>
    public void Use(FrameWork other) => work = other;

    public void Run()
    {
        if (work.ItemCount == 0)
            return;
        _hasWaited = false;
        _waves.Sort(work.Items, world.Models.Count);
        for (var wave = 0; wave < _waves.Count; wave++)
        {
            var items = _waves[wave];
            var host = world.Host(work.Items[items[0]].Model);
            if (host.IsAsynchronous)
            {
                Begin(host, wave);
                continue;
            }

            var most = Math.Min(host.Chunk, items.Length);
            for (var at = 0; at < items.Length; at += most)
                Step(host, items.Slice(at, Math.Min(most, items.Length - at)));
        }

        EndAll();
    }

    private void Step(ModelHost host, ReadOnlySpan<int> chunk)
    {
        Prepare(host, chunk, _batch);
        _batch.Step();
        EndAll();
        Finish(chunk, _batch);
    }

    // A stream's next wave needs what the one before left behind.
    private void Begin(ModelHost host, int wave)
    {
        while (IsFlying(host))
            End();
        if (!_landed.TryPop(out var batch))
            batch = new StepBatch();
        Prepare(host, _waves[wave], batch);
        batch.Wave = wave;
        batch.Begin();
        _flying.Enqueue(batch);
    }

    private bool IsFlying(ModelHost host)
    {
        foreach (var batch in _flying)
            if (batch.Host == host)
                return true;
        return false;
    }

    private void EndAll()
    {
        while (_flying.Count != 0)
            End();
    }

    private void End()
    {
        if (!_hasWaited)
        {
            _hasWaited = true;
            Waiting?.Invoke();
        }

        var batch = _flying.Dequeue();
        batch.End();
        Finish(_waves[batch.Wave], batch);
        _landed.Push(batch);
    }

    // Not inlined: the compiler would run out of what it allows for inlining what is called for each item.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Prepare(ModelHost host, ReadOnlySpan<int> chunk, StepBatch batch)
    {
        var items = work.Items;
        batch.Clear(host, Math.Max(chunk.Length, LeastRoom));
        Fetch(host, chunk);
        for (var i = 0; i < chunk.Length; i++)
        {
            if (i % Ahead == 0 && i + Ahead < chunk.Length)
                Fetch(host, chunk[(i + Ahead)..]);
            ref var item = ref items[chunk[i]];
            if (item.Kind == ItemKind.Reset)
            {
                // Its event comes behind those of what is in flight.
                EndAll();
                world.Reset(item.Row, item.Seq, "gap");
                continue;
            }

            Prepare(host, ref item, batch.Inputs(batch.Count), batch.Extra(batch.Count));
            batch.Add(item.ModelRow);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Finish(ReadOnlySpan<int> chunk, StepBatch batch)
    {
        var count = 0;
        foreach (var index in chunk)
        {
            ref var item = ref work.Items[index];
            if (item.Kind != ItemKind.Reset)
                Finish(batch, ref item, count++);
        }
    }

    // Asks for the rows of the next items.
    private void Fetch(ModelHost host, ReadOnlySpan<int> chunk)
    {
        var items = work.Items;
        var count = Math.Min(Ahead, chunk.Length);
        for (var i = 0; i < count; i++)
        {
            ref var item = ref items[chunk[i]];
            (_rows[i], _modelRows[i]) = (item.Row, item.ModelRow);
        }

        world.Streams.Fetch(_rows.AsSpan(0, count));
        host.Fetch(_modelRows.AsSpan(0, count));
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

    private static bool FinishForecast(StepBatch batch, ref Item item, int index, Span<double> prediction)
    {
        var host = batch.Host;
        var memory = host.Memory(item.ModelRow);
        var outputs = batch.Outputs(index);
        if (host.Online is not { } online)
            return host.Preprocessor.Finish(outputs, memory, prediction);
        var flags = online.Finish(
            item.Seq, batch.Inputs(index), batch.Extra(index), batch.Hidden(index), outputs, memory,
            host.OnlineMemory(item.ModelRow), prediction);
        if ((flags & OnlineFlags.Frozen) != 0)
            item.Flags |= PredictionFlags.Frozen;
        if ((flags & OnlineFlags.Fallback) != 0)
            item.Flags |= PredictionFlags.Fallback;
        return (flags & OnlineFlags.Warming) != 0;
    }

    private void Finish(StepBatch batch, ref Item item, int index)
    {
        var host = batch.Host;
        var prediction = work.Prediction(in item, host.PredictionCount);
        var warming = FinishForecast(batch, ref item, index, prediction);
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
}
