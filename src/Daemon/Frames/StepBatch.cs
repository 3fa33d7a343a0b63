namespace Realtime.Daemon.Frames;

/// <summary>What goes into one call of an engine, and what comes back; the arrays are kept.</summary>
internal sealed class StepBatch
{
    private int[] _rows = [];
    private float[] _inputs = [];
    private float[] _outputs = [];
    private float[] _extra = [];
    private float[] _hidden = [];
    private ModelHost? _host;
    private int _inputWidth;
    private int _outputWidth;
    private int _extraWidth;
    private int _hiddenWidth;

    public ModelHost Host => _host!;

    /// <summary>Rows in it.</summary>
    public int Count { get; private set; }

    /// <summary>The wave it was made of; of a device, which takes whole ones.</summary>
    public int Wave { get; set; }

    private ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);
    private ReadOnlySpan<float> AllInputs => _inputs.AsSpan(0, Count * _inputWidth);
    private Span<float> AllOutputs => _outputs.AsSpan(0, Count * _outputWidth);
    private Span<float> AllHidden => _hidden.AsSpan(0, Count * _hiddenWidth);

    /// <summary>Empties it, with room for so many rows of a model.</summary>
    public void Clear(ModelHost host, int room)
    {
        (_host, Count) = (host, 0);
        (_inputWidth, _outputWidth) = (host.NetworkInputCount, host.OutputCount);
        (_extraWidth, _hiddenWidth) = (host.ExtraCount, host.HiddenCount);
        Fit(ref _rows, room);
        Fit(ref _inputs, room * _inputWidth);
        Fit(ref _outputs, room * _outputWidth);
        Fit(ref _extra, room * _extraWidth);
        Fit(ref _hidden, room * _hiddenWidth);
    }

    public void Add(int row) => _rows[Count++] = row;

    public Span<float> Inputs(int index) => _inputs.AsSpan(index * _inputWidth, _inputWidth);

    public Span<float> Outputs(int index) => _outputs.AsSpan(index * _outputWidth, _outputWidth);

    public Span<float> Extra(int index) => _extra.AsSpan(index * _extraWidth, _extraWidth);

    public Span<float> Hidden(int index) => _hidden.AsSpan(index * _hiddenWidth, _hiddenWidth);

    public void Step()
    {
        Host.Engine.Step(Rows, AllInputs, AllOutputs);
        if (_hiddenWidth != 0 && Count != 0)
            Host.Engine.ReadTop(Rows, AllHidden);
    }

    /// <summary>The same in two parts, for an engine that goes on between them.</summary>
    public void Begin() => Host.Engine.Begin(Rows, AllInputs, AllOutputs, AllHidden);

    public void End() => Host.Engine.End(AllOutputs, AllHidden);

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            array = new T[Math.Max(count, 2 * array.Length)];
    }
}
