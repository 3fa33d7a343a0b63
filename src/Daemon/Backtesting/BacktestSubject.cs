using Realtime.Cells;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Backtesting;

/// <summary>What a backtest steps, and on what.</summary>
/// <param name="Model">Serves every series; of an ensemble the first member, without what streams learn.</param>
/// <param name="Engines">Make what steps it; they stay their owner's.</param>
internal sealed record BacktestSubject(LoadedModel Model, Engines Engines)
{
    /// <summary>The models of an ensemble; fewer than 2: the model is alone.</summary>
    public IReadOnlyList<Model> Members { get; init; } = [];

    /// <summary>Steps that are forecast from every row, fed back; 0: none.</summary>
    public int RollOut { get; init; }

    /// <summary>Takes over from the states for a roll-out; null: the model goes on by itself.</summary>
    public Model? Decoder { get; init; }

    public IStepEngine MakeEngine() => Members.Count > 1 ? Engines.MakeEnsemble(Members) : Engines.Make(Model.Model);
}
