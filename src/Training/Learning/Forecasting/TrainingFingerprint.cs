using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>A digest of all that the course of training depends on, but for the number of threads.</summary>
internal static class TrainingFingerprint
{
    public static byte[] Of(ForecastTraining training, string model, IReadOnlyList<RecordedSeries> series)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"checkpoint 1\n{model}\n{TextOf(training)}\n"));
        foreach (var one in series)
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"{one.Rows} {one.Columns} {one.Times?.Length ?? -1}\n"));
            digest.AppendData(MemoryMarshal.AsBytes(one.Values.AsSpan()));
            digest.AppendData(MemoryMarshal.AsBytes((one.Times ?? []).AsSpan()));
        }
        return digest.GetHashAndReset();
    }

    // The model's digest stands for its layers, first weights, features and forecast.
    private static string TextOf(ForecastTraining t) => FormattableString.Invariant(
        $"{t.IsOfOwnRow} {t.Loss.Name} {t.Optimiser().Name} {t.Rate:r} {t.Schedule} {t.Clip:r} {t.RecurrentDropout:r} ")
        + FormattableString.Invariant($"{t.Window} {t.WarmUp} {t.Rows} {t.CarriesState} {t.TakesWholeSeries} ")
        + FormattableString.Invariant($"{t.Averaging:r} {t.Epochs} {t.Patience} {t.ValidationShare:r} ")
        + FormattableString.Invariant($"{t.HoldsOutSeries} {t.Seed} {string.Join(',', t.Outputs ?? [])}");
}
