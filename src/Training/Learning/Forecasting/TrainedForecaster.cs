using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>How an epoch went.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">The mean loss while learning.</param>
/// <param name="ValidationLoss">The mean loss after it, over the rows that validate.</param>
/// <param name="Rate">The learning rate at its end.</param>
/// <param name="IsBest">Whether no epoch before was better.</param>
public sealed record EpochReport(int Epoch, double Loss, double ValidationLoss, double Rate, bool IsBest);

/// <summary>
/// Errors over the rows that validate, in standard deviations of each column's training rows; for classes 1 where the
/// class is wrong.
/// </summary>
/// <param name="Horizon">In rows.</param>
/// <param name="Model">Of the model.</param>
/// <param name="Persistence">Of the last value seen, on the same rows; counts 0 where the target is the row's
/// own.</param>
/// <param name="SeasonalNaive">Of the value one season before the target; counts 0 without a season.</param>
/// <param name="Constant">Of the mean of the rows learnt from, or their most frequent class.</param>
public sealed record HorizonErrors(
    int Horizon, ErrorSums Model, ErrorSums Persistence, ErrorSums SeasonalNaive, ErrorSums Constant);

/// <summary>The result of training.</summary>
/// <param name="File">The bytes of the model file.</param>
/// <param name="Epochs">As they went.</param>
/// <param name="BestEpoch">The one whose weights the file has, from 1.</param>
/// <param name="Errors">One per horizon.</param>
/// <param name="WasCancelled">Whether it ended early because that was asked for.</param>
public sealed record TrainedForecaster(byte[] File, IReadOnlyList<EpochReport> Epochs, int BestEpoch,
    IReadOnlyList<HorizonErrors> Errors, bool WasCancelled)
{
    /// <summary>The standard deviation of each output over the rows learnt from, in the units of its values.</summary>
    public IReadOnlyList<double> OutputStd { get; init; } = [];

    /// <summary>The adaptive head that the file has; null: none.</summary>
    public AdaptOptions? Adapt { get; init; }

    /// <summary>Errors with it, one per horizon, like those of the model alone, but for the state, which has seen all
    /// rows before; none without.</summary>
    public IReadOnlyList<ErrorSums> AdaptiveErrors { get; init; } = [];
}
