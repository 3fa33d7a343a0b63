using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Backtesting;

/// <summary>A model of an ensemble, by itself.</summary>
/// <param name="Model">It, and the file it is from.</param>
/// <param name="Result">How it did.</param>
internal sealed record BacktestMember(LoadedModel Model, BacktestResult Result)
{
    /// <summary>As tables call it.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Model.Options.File);
}
