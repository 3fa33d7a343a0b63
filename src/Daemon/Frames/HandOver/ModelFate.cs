using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Frames.HandOver;

/// <summary>What becomes of the streams of a model when it is read again.</summary>
public enum ModelFate
{
    /// <summary>The same file: nothing happens.</summary>
    Unchanged,

    /// <summary>Other weights, the same shape: states go on under them. Where what streams learn has another shape,
    /// that alone starts anew, and the reason says so.</summary>
    Carried,

    /// <summary>Another shape: the new model is stepped through the streams' last ticks before it takes over.</summary>
    Warming,

    /// <summary>Nothing of the state can be used: count and order stay, all else starts anew.</summary>
    Cold,

    /// <summary>It was not there before.</summary>
    Added,

    /// <summary>It is no longer there: its streams start anew with the model whose pattern matches.</summary>
    Gone,
}

/// <summary>What becomes of a model's streams, and why.</summary>
public sealed record ModelChange(string Name, ModelFate Fate, string? Reason)
{
    /// <param name="then">The model as it was; null where there was none.</param>
    /// <param name="now">As it is now.</param>
    /// <param name="warmTicks">Ticks of the past to warm up with, 0 for none.</param>
    /// <param name="hasJournal">The past is recorded.</param>
    public static ModelChange Of(ModelShape? then, ModelShape now, int warmTicks, bool hasJournal)
    {
        if (then is null)
            return new ModelChange(now.Name, ModelFate.Added, null);
        if (then.IsSame(now))
            return new ModelChange(now.Name, ModelFate.Unchanged, null);
        if (then.Unlike(now) is not { } reason)
            return new ModelChange(
                now.Name, ModelFate.Carried,
                then.LearnsUnlike(now) is { } learns ? $"its streams learn anew: {learns}" : null);
        if (!then.Inputs.SequenceEqual(now.Inputs))
            return new ModelChange(now.Name, ModelFate.Cold, reason);
        if (!hasJournal)
            return new ModelChange(now.Name, ModelFate.Cold, reason + ", and no journal has its streams' ticks");
        return warmTicks == 0
            ? new ModelChange(now.Name, ModelFate.Cold, reason + ", and warmTicks is 0")
            : new ModelChange(now.Name, ModelFate.Warming, reason);
    }

    /// <summary>As replies and texts name it.</summary>
    public string FateName => Fate.ToString().ToLowerInvariant();
}
