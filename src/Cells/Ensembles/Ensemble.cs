using System.Globalization;

namespace Realtime.Cells.Ensembles;

/// <summary>Which models can forecast together: those whose outputs mean the same, number by number.</summary>
public static class Ensemble
{
    /// <summary>Why a model can't go along with the first one, with what was found and what was expected; null where it
    /// can.</summary>
    public static string? FaultIn(Model first, Model other)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(other);
        if (first.Copies != 1 || other.Copies != 1)
            return "found a network that is applied to each input by itself, expected one of all inputs";
        if (first.Forecast.Distribution != ForecastDistribution.None)
            return "found a forecast of mean and variance, expected one whose outputs have a mean";
        (string Name, string Expected, string Found)[] sides =
        [
            ("inputs", Text(first.Inputs), Text(other.Inputs)),
            ("outputs", Text(first.Forecast.Outputs), Text(other.Forecast.Outputs)),
            ("horizons", Text(first.Forecast.Horizons), Text(other.Forecast.Horizons)),
            ("quantiles", Text(first.Forecast.Quantiles), Text(other.Forecast.Quantiles)),
            ("classes", Text(first.Forecast.Classes ?? []), Text(other.Forecast.Classes ?? [])),
            ("forecasts", Text(first.Forecast), Text(other.Forecast)),
            ("features", Text(first.Features), Text(other.Features)),
            ("normalisation", Text(first.Normalisation), Text(other.Normalisation)),
            ("tokens", Text(first.Vocabulary ?? 0), Text(other.Vocabulary ?? 0)),
        ];
        foreach ((string name, string expected, string found) in sides)
            if (expected != found) return $"found {name} {found}, expected those of the first model: {expected}";
        return null;
    }

    private static string Text<T>(params IEnumerable<T> values) =>
        string.Join(", ", values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));

    private static string Text(Forecast forecast) =>
        FormattableString.Invariant($"{forecast.Target} within {forecast.Clip} {forecast.Distribution} of ")
        + $"{Text(forecast.DifferenceStd ?? [])}; {Text(forecast.Scale?.Mean ?? [])}; "
        + Text(forecast.Scale?.Std ?? []);

    private static string Text(Normalisation normalisation) =>
        FormattableString.Invariant($"{normalisation.Kind} {normalisation.HalfLife} within {normalisation.Clip}, ")
        + $"mean {Text(normalisation.Mean)}, std {Text(normalisation.Std)}";
}
