using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Hosting;

/// <summary>Puts models to work in a world that has no streams yet and keeps no journal.</summary>
public static class Worlds
{
    /// <param name="models">In the order in which their patterns are tried.</param>
    /// <param name="kernel">The CPU kernel that steps them.</param>
    /// <param name="threads">Threads that step a wave.</param>
    /// <param name="options">What the world is told of the configuration.</param>
    /// <param name="epoch">Number of this start.</param>
    public static World Make(
        IReadOnlyList<LoadedModel> models, string kernel, int threads, LoopOptions options, ulong epoch)
    {
        using var engines = Engines.OfCpu(kernel, threads);
        return Make(models, engines, options, epoch);
    }

    /// <param name="models">In the order in which their patterns are tried.</param>
    /// <param name="engines">Step them.</param>
    /// <param name="options">What the world is told of the configuration.</param>
    /// <param name="epoch">Number of this start.</param>
    public static World Make(
        IReadOnlyList<LoadedModel> models, Engines engines, LoopOptions options, ulong epoch) => new(
            [.. models.Select(model => ModelLoading.MakeHost(model, engines.Make(model.Model)))], options,
            new NoJournal(), epoch);
}
