using Realtime.Cells;

namespace Realtime.Daemon.Configuration;

/// <summary>What the configuration says of a model's adaptive head; what it leaves out is as the model file says.
/// </summary>
public sealed record AdaptOverride
{
    /// <summary>No adaptive head, whatever the file says.</summary>
    public static AdaptOverride None { get; } = new() { IsNone = true };

    public bool IsNone { get; private init; }

    /// <summary>What a tick's weight is multiplied by per tick after it, in (0, 1].</summary>
    public double? Forgetting { get; init; }

    /// <summary>The weight of the penalty on squared coefficients at the start, above 0.</summary>
    public double? Ridge { get; init; }

    /// <summary>Features are the network's inputs beside the hidden state.</summary>
    public bool? WithInputs { get; init; }

    /// <summary>The head that is in force.</summary>
    /// <param name="file">What the model file says; null where it has none.</param>
    public AdaptOptions? Over(AdaptOptions? file)
    {
        if (IsNone)
            return null;
        var from = file ?? new AdaptOptions();
        return new AdaptOptions(
            Forgetting ?? from.Forgetting, Ridge ?? from.Ridge, WithInputs ?? from.WithInputs);
    }
}
