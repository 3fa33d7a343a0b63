using Realtime.Cells.Ensembles;

namespace Realtime.Cells.RollOuts;

/// <summary>One of the models that are rolled out together.</summary>
/// <param name="From">Whose states it begins with.</param>
/// <param name="StateFloats">Floats of such a state.</param>
/// <param name="Steps">A new engine that goes on from them.</param>
internal readonly record struct RollOutMember(IStepEngine From, int StateFloats, IStepEngine Steps);

/// <summary>A roll-out on the processor: states are copied into engines of its own, which are stepped.</summary>
internal sealed class CpuRollOut : IRollOut
{
    private readonly RollOutMember[] _members;
    private readonly EnsembleMean _mean;
    private int[] _wave = [];
    private float[] _inputs = [];
    private float[] _numbers = [];
    private float[] _outputs = [];
    private float[] _state = [];
    private bool _disposed;

    /// <param name="feedBack">How forecasts are fed back, of every member alike.</param>
    /// <param name="members">At least 1; the engines that step become this one's.</param>
    public CpuRollOut(FeedBack feedBack, params RollOutMember[] members)
    {
        FeedBack = feedBack;
        _members = members;
        _mean = new EnsembleMean(members.Length);
    }

    public FeedBack FeedBack { get; }

    public void Run(ReadOnlySpan<int> rows, in RollOutStart start, Span<float> points)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RollOutChecks.Check(FeedBack, rows, _members[0].From.Rows, in start, points);
        if (rows.IsEmpty) return;
        int width = FeedBack.Model.NetworkInputCount;
        Fit(rows.Length);
        start.Inputs.CopyTo(_inputs);
        start.Numbers.CopyTo(_numbers);
        foreach (RollOutMember member in _members) CopyStates(rows, in member);
        ReadOnlySpan<int> wave = _wave.AsSpan(0, rows.Length);
        Span<float> outputs = _outputs.AsSpan(0, rows.Length * FeedBack.Model.OutputCount);
        for (int step = 0; step < start.Steps; step++)
        {
            for (int i = 0; i < _members.Length; i++)
            {
                _members[i].Steps.Step(wave, _inputs.AsSpan(0, rows.Length * width), _mean.Of(i, outputs));
                _mean.Add(i, outputs);
            }

            Feed(rows.Length, step, in start, outputs, points);
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (RollOutMember member in _members) member.Steps.Dispose();
    }

    private void Feed(int rows, int step, in RollOutStart start, ReadOnlySpan<float> outputs, Span<float> points)
    {
        int copies = FeedBack.Model.Copies, numbers = FeedBack.Numbers, known = FeedBack.Known;
        int width = FeedBack.Model.NetworkInputCount / copies, height = FeedBack.Model.OutputCount / copies;
        int inputs = FeedBack.Points / copies;
        for (int i = 0; i < rows * copies; i++)
        {
            FeedBack.Next(outputs.Slice(i * height, height),
                start.Known.Slice((i / copies * start.Steps + step) * known, known),
                _numbers.AsSpan(i * numbers, numbers), _inputs.AsSpan(i * width, width),
                points.Slice((i * start.Steps + step) * inputs, inputs));
        }
    }

    private void CopyStates(ReadOnlySpan<int> rows, in RollOutMember member)
    {
        if (_state.Length < member.StateFloats) _state = new float[member.StateFloats];
        Span<float> state = _state.AsSpan(0, member.StateFloats);
        member.Steps.Grow(rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            member.From.Read(rows[i], state);
            member.Steps.Write(i, state);
        }
    }

    private void Fit(int rows)
    {
        if (_wave.Length >= rows) return;
        _wave = [.. Enumerable.Range(0, rows)];
        _inputs = new float[rows * FeedBack.Model.NetworkInputCount];
        _numbers = new float[rows * FeedBack.Model.Copies * FeedBack.Numbers];
        _outputs = new float[rows * FeedBack.Model.OutputCount];
    }
}
