using Realtime.Cells.RollOuts;

namespace Realtime.Cells.Ensembles;

/// <summary>
/// Several models as one, whose outputs are the mean of theirs; a row's state is theirs, one behind the other.
/// </summary>
public class EnsembleEngine : IStepEngine
{
    private readonly IReadOnlyList<Model> _models;
    private readonly IReadOnlyList<IStepEngine> _members;
    private readonly EnsembleMean _mean;

    /// <param name="models">At least 1, which fit together as <see cref="Ensemble.FaultIn"/> has it.</param>
    /// <param name="members">An engine of each, of one kind; they become this one's.</param>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public EnsembleEngine(IReadOnlyList<Model> models, IReadOnlyList<IStepEngine> members)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfZero(models.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(members.Count, models.Count);
        foreach (Model model in models)
            if (Ensemble.FaultIn(models[0], model) is { } fault) throw new ArgumentException(fault, nameof(models));
        (_models, _members) = (models, members);
        _mean = new EnsembleMean(models.Count);
    }

    public string Name => _members[0].Name;
    public string Kernel => _members[0].Kernel;
    public int RowsAtOnce => _members[0].RowsAtOnce;
    public int Rows => _members[0].Rows;

    /// <summary>Of its members: whole waves are good for it. Here it is all done when it has begun.</summary>
    public bool IsAsynchronous => _members[0].IsAsynchronous;

    public long StateBytes => _members.Sum(member => member.StateBytes);

    public void Grow(int rows)
    {
        foreach (IStepEngine member in _members) member.Grow(rows);
    }

    public virtual void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        for (int i = 0; i < _members.Count; i++)
        {
            _members[i].Step(rows, inputs, _mean.Of(i, outputs));
            _mean.Add(i, outputs);
        }
    }

    public void Read(int row, Span<float> state)
    {
        int at = 0;
        for (int i = 0; i < _members.Count; at += _models[i++].StateFloats)
            _members[i].Read(row, state.Slice(at, _models[i].StateFloats));
    }

    public void Write(int row, ReadOnlySpan<float> state)
    {
        int at = 0;
        for (int i = 0; i < _members.Count; at += _models[i++].StateFloats)
            _members[i].Write(row, state.Slice(at, _models[i].StateFloats));
    }

    /// <exception cref="NotSupportedException">Each member has an h of its own: nothing can learn on them.</exception>
    public void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden) =>
        throw new NotSupportedException("an ensemble has no top layer");

    public void Clear(int row)
    {
        foreach (IStepEngine member in _members) member.Clear(row);
    }

    public void TakeStates(IStepEngine from)
    {
        if (from is not EnsembleEngine other || other._members.Count != _members.Count)
            throw new ArgumentException("expected an ensemble of as many models", nameof(from));
        for (int i = 0; i < _members.Count; i++) _members[i].TakeStates(other._members[i]);
    }

    public virtual IRollOut RollOut(Model? decoder = null)
    {
        RefuseDecoder(decoder);
        return new CpuRollOut(new FeedBack(_models[0]), [.. _models.Zip(_members).Select(pair =>
            new RollOutMember(pair.Second, pair.First.StateFloats, CpuEngine.Like((CpuEngine)pair.Second)))]);
    }

    /// <exception cref="ArgumentException">There is one.</exception>
    protected static void RefuseDecoder(Model? decoder)
    {
        if (decoder is not null)
            throw new ArgumentException("found a decoder, expected none for an ensemble", nameof(decoder));
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        foreach (IStepEngine member in _members) member.Dispose();
    }
}
