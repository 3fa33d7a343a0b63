namespace Realtime.Cells.Files;

/// <summary>Where a model's bytes came from, for messages.</summary>
internal readonly record struct Origin(string Name)
{
    public ModelFormatException Fault(string place, string problem, Exception? inner = null) =>
        new(Name, Text.OneLine(place), Text.OneLine(problem), inner);
}
