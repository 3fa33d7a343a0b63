using System.Globalization;
using System.Net;
using System.Text;
using Realtime.Cells;
using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Daemon.Commands;

/// <summary>A backtest as one page that needs nothing else: pictures are inline, nothing is fetched.</summary>
internal sealed class BacktestPage
{
    private const int SeriesShown = 12;

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; --faint: #d9dee6; --model: #0b66c3;
          --actual: #1c2330; --persistence: #c8541a; --rls: #2f8f4e; --band: 11 102 195; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181f; --faint: #333b47;
          --model: #5aa9f5; --actual: #e6e9ee; --persistence: #f0905a; --rls: #62c785; --band: 90 169 245; } }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
          max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid var(--faint); }
        th:nth-child(2), td:nth-child(2) { text-align: left; }
        svg { width: 100%; height: auto; } path { fill: none; stroke-width: 1.6; } .grid { stroke: var(--faint); }
        text { fill: var(--ink); font-size: 11px; } .y { text-anchor: end; } .x { text-anchor: middle; }
        .actual { stroke: var(--actual); } .model { stroke: var(--model); } .rls { stroke: var(--rls); }
        .persistence { stroke: var(--persistence); } .even { stroke: var(--faint); stroke-dasharray: 4 3; }
        .band0 { fill: rgb(var(--band) / .28); } .band1, .band2, .band3 { fill: rgb(var(--band) / .14); }
        .key span { margin-right: 1.2rem; } .key i { display: inline-block; width: 1.4rem; height: .25rem;
          vertical-align: middle; margin-right: .4rem; }
        """;

    private readonly Model _model;
    private readonly IReadOnlyList<BacktestSeries> _series;
    private readonly List<(int Series, int Output, int Horizon, SeriesPicture Picture)> _pictures = [];

    public BacktestPage(Model model, IReadOnlyList<BacktestSeries> series)
    {
        (_model, _series) = (model, series);
        var intervals = new ScorePlan
        {
            Horizons = model.Forecast.Horizons,
            Outputs = model.Forecast.Outputs.Length,
            Quantiles = model.PublishedQuantiles,
        }.Intervals;
        int[] horizons = [.. new[] { 0, model.Forecast.Horizons.Length - 1 }.Distinct()];
        var shown = series.SelectMany(static (one, i) => Enumerable.Range(0, one.Outputs).Select(output => (i, output)))
            .Take(SeriesShown);
        foreach (var (i, output) in shown)
        {
            foreach (var horizon in horizons)
            {
                _pictures.Add(
                    (i, output, horizon, new SeriesPicture(horizon, output, series[i].Rows, intervals)));
            }
        }
    }

    /// <summary>Who is to be told of a series' scored forecasts.</summary>
    public ForecastScored? Listen(int series)
    {
        SeriesPicture[] pictures = [.. _pictures.Where(one => one.Series == series).Select(static one => one.Picture)];
        if (pictures.Length == 0)
            return null;
        return (in ScoredForecast scored) =>
        {
            foreach (var picture in pictures)
                picture.Add(in scored);
        };
    }

    public string Write(BacktestTitle title, BacktestResult result)
    {
        var page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width\">");
        page.Append($"<title>Backtest of {Html(title.Name)}</title>\n<style>\n{Style}\n</style></head><body>\n");
        page.Append($"<h1>Backtest of {Html(title.Name)}</h1>\n<p>{Html(title.ModelText)}, ");
        page.Append($"{Html(BacktestTitle.EngineText(result))}. {result.Series.Count} streams, ");
        page.Append($"{ShortText.Count(result.Ticks)} ticks; ");
        page.Append($"scored: {Html(title.RowsText)}; {Html(title.Units)}. ");
        page.Append($"{ShortText.Count(result.NanosecondsPerStep)} ns a step.</p>\n");
        page.Append("<h2>Errors</h2>\n");
        WriteTable(page, "horizon", title, result.Horizons,
            [.. result.Members.Select(static member => (member.Name, member.Result.Horizons))]);
        if (result.RolledOut.Count > 0)
        {
            page.Append($"<h2>{Html(title.RollOutText)}</h2>\n");
            WriteTable(page, "step", title, result.Steps,
                [.. result.Members.Select(static member => (member.Name, member.Result.Steps))]);
        }

        WriteCalibration(page, result);
        foreach (var (series, output, horizon, picture) in _pictures)
            WritePicture(page, $"{NameOf(series, output)}, {Ahead(_model.Forecast.Horizons[horizon])}", picture);
        if (_series.Sum(static one => one.Outputs) > SeriesShown)
            page.Append($"<p>The first {SeriesShown} values are shown.</p>\n");
        return page.Append("</body></html>\n").ToString();
    }

    private static string Ahead(int horizon) => horizon == 1 ? "1 tick ahead" : $"{horizon} ticks ahead";

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private static void WriteTable(
        StringBuilder page, string what, BacktestTitle title, IReadOnlyList<HorizonScore> horizons,
        IReadOnlyList<(string Name, IReadOnlyList<HorizonScore> Horizons)> members)
    {
        page.Append($"<table><tr><th>{what}<th>forecast<th>MSE<th>MAE<th>RMSE<th>MASE<th>sMAPE %");
        page.Append("<th>MSE / persistence</tr>\n");
        foreach (var (h, score) in horizons.Index())
        {
            WriteRow(page, $"{score.Horizon}", title.Row, score.Model, score);
            foreach (var (name, scores) in members)
                WriteRow(page, "", Html(name), scores[h].Model, score);
            if (score.Persistence.Count == 0)
                continue;
            WriteRow(page, "", "persistence", score.Persistence, score);
            WriteRow(page, "", "online RLS", score.Rls, score);
            if (score.SeasonalNaive is { } seasonal)
                WriteRow(page, "", "seasonal naive", seasonal, score);
        }

        page.Append("</table>\n");
    }

    private static void WriteRow(
        StringBuilder page, string horizon, string name, PointErrors errors, HorizonScore score)
    {
        double[] cells =
        [
            errors.Mse, errors.Mae, errors.Rmse, errors.Mase, errors.Smape, errors.Mse / score.Persistence.Mse,
        ];
        page.Append($"<tr><td>{horizon}<td>{name}");
        foreach (var cell in cells)
            page.Append($"<td>{ShortText.Number(cell)}");
        page.Append("</tr>\n");
    }

    private static void WriteCalibration(StringBuilder page, BacktestResult result)
    {
        if (result.Horizons[0].Quantiles.Count == 0)
            return;
        page.Append("<h2>Calibration</h2>\n<table><tr><th>horizon<th><th>interval<th>coverage<th>mean width</tr>\n");
        foreach (var score in result.Horizons)
        {
            foreach (var interval in score.Intervals)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{score.Horizon}<td><td>{interval.Level:p0}");
                page.Append(CultureInfo.InvariantCulture, $"<td>{interval.Coverage:p1}");
                page.Append($"<td>{ShortText.Number(interval.Width)}</tr>\n");
            }
        }

        page.Append("</table>\n<p>Share of values not above a quantile (up) by the quantile (across):</p>\n");
        var chart = new SvgChart("calibration");
        chart.Line("even", [(0, 0), (1, 1)]);
        chart.Line("model", Calibration(result.Horizons[0]));
        chart.Line("rls", result.Horizons.Count > 1 ? Calibration(result.Horizons[^1]) : []);
        chart.WriteTo(page);
        page.Append("<p class=\"key\">").Append(Key("model", Ahead(result.Horizons[0].Horizon)));
        if (result.Horizons.Count > 1)
            page.Append(Key("rls", Ahead(result.Horizons[^1].Horizon)));
        page.Append("</p>\n");
    }

    private static IEnumerable<(double, double)> Calibration(HorizonScore score) =>
        score.Quantiles.Select(static one => (one.Level, one.Below));

    private static void WritePicture(StringBuilder page, string name, SeriesPicture picture)
    {
        if (picture.IsEmpty)
            return;
        page.Append($"<h2>{Html(name)}</h2>\n<h3>The last forecasts beside what came</h3>\n");
        picture.Forecasts($"{name}: forecasts").WriteTo(page);
        page.Append("<p class=\"key\">").Append(Key("actual", "value")).Append(Key("model", "forecast"));
        page.Append("</p>\n<h3>Mean absolute error over time</h3>\n");
        picture.Errors($"{name}: errors").WriteTo(page);
        page.Append("<p class=\"key\">").Append(Key("model", "model")).Append(Key("persistence", "persistence"));
        page.Append(Key("rls", "online RLS")).Append("</p>\n");
    }

    private static string Key(string name, string text) =>
        $"<span><i style=\"background: var(--{name})\"></i>{Html(text)}</span>";

    private string NameOf(int series, int output) => _series[series].Outputs == 1
        ? _series[series].Name : $"{_series[series].Name}/{_model.Forecast.Outputs[output]}";
}
