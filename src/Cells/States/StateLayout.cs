namespace Realtime.Cells.States;

/// <summary>
/// Where a row keeps each slot of a model's state: in the model's order, every slot on a vector boundary and padded to
/// whole vectors of zeros.
/// </summary>
internal sealed class StateLayout
{
    private readonly int[] _starts;

    public StateLayout(Model model)
    {
        Slots = model.StateSlots;
        _starts = new int[Slots.Count];
        int at = 0;
        Top = -1;
        for (int i = 0; i < Slots.Count; i++)
        {
            _starts[i] = at;
            at = checked(at + AlignedFloats.Padded(Slots[i].Length));
            if (Slots[i].Name == "h") Top = i;
        }

        Stride = Math.Max(at, AlignedFloats.Lanes);
        Floats = model.StateFloats;
    }

    public IReadOnlyList<StateSlot> Slots { get; }

    /// <summary>The last slot "h"; -1: there is none.</summary>
    public int Top { get; }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Floats without padding.</summary>
    public int Floats { get; }

    /// <summary>First float of a slot within a row.</summary>
    public int StartOf(int slot) => _starts[slot];

    /// <summary>First float of a layer's slot "h" or "c" within a row.</summary>
    public int StartOf(Layer layer, string name)
    {
        for (int i = 0; i < Slots.Count; i++)
            if (Slots[i].Layer == layer.Name && Slots[i].Name == name) return _starts[i];
        throw new ArgumentException($"layer '{layer.Name}' has no state '{name}'", nameof(name));
    }
}
