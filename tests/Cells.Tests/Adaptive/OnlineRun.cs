using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>One stream through all stages of a step.</summary>
internal sealed class OnlineRun : IDisposable
{
    private readonly CpuEngine _engine;
    private readonly double[] _values = new double[1];
    private readonly int[] _row = [0];
    private readonly float[] _x, _extra, _hidden;

    public OnlineRun(Model model, string kernel)
    {
        _engine = new CpuEngine(model, kernel);
        _engine.Grow(1);
        Preprocessor = new Preprocessor(model);
        Forecaster = new OnlineForecaster(model, Preprocessor);
        Preprocessing = new double[Preprocessor.MemoryDoubles];
        Preprocessor.Clear(Preprocessing);
        Memory = new byte[Forecaster.MemoryBytes];
        Forecaster.Clear(Memory);
        _x = new float[model.NetworkInputCount];
        _extra = new float[model.ExtraCount];
        _hidden = new float[model.TopRecurrent!.Hidden];
        Outputs = new float[model.OutputCount];
        Prediction = new double[model.PredictionCount];
    }

    public OnlineForecaster Forecaster { get; }
    public Preprocessor Preprocessor { get; }
    public double[] Preprocessing { get; }
    public byte[] Memory { get; }
    public float[] Outputs { get; }
    public double[] Prediction { get; }
    public OnlineFlags Flags { get; private set; }

    /// <summary>A tick a minute after the one before.</summary>
    public void Tick(int seq, double value) =>
        Tick(seq, value, 1_700_000_000_000_000_000 + seq * 60_000_000_000L);

    public void Tick(int seq, double value, long time)
    {
        _values[0] = value;
        Forecaster.Settle((ulong)seq, _values, Preprocessing, Memory);
        Preprocessor.Prepare(_values, time, Preprocessing, _x, _extra);
        _engine.Step(_row, _x, Outputs);
        _engine.ReadTop(_row, _hidden);
        Flags = Forecaster.Finish(
            (ulong)seq, _x, _extra, _hidden, Outputs, Preprocessing, Memory, Prediction);
    }

    public void Dispose() => _engine.Dispose();
}
