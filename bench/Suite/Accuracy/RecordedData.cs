using Realtime.Cells;
using Realtime.Daemon.Backtesting;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Training;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>The folder of recorded series, and the built-in model that forecasts them.</summary>
internal sealed class RecordedData(string folder)
{
    /// <summary>Environment REALTIME_DATA, else ../shared/data beside the repository; null where neither is there.
    /// </summary>
    public static RecordedData? Find()
    {
        var folder = Environment.GetEnvironmentVariable("REALTIME_DATA") is { Length: > 0 } given
            ? given : Path.GetFullPath(Path.Combine("..", "shared", "data"));
        return Directory.Exists(folder) ? new RecordedData(folder) : null;
    }

    public LoadedModel Default { get; } = Loaded(ModelLoading.ReadBuiltIn());

    public string Kernel { get; } = Cells.Kernels.Resolve(Cells.Kernels.Auto);

    public string Nab => Path.Combine(folder, "nab");

    public static LoadedModel Loaded(Model model) =>
        new(new ModelOptions { Name = "model", File = "", Streams = ["*"] }, model);

    public string PathOf(string file) => Path.Combine(folder, file);

    /// <summary>NAB's files, as its labels name them: group/file.csv.</summary>
    public IReadOnlyList<string> NabFiles(Func<string, bool> group)
    {
        var data = Path.Combine(Nab, "data");
        if (!Directory.Exists(data))
            return [];
        return [.. Directory.EnumerateFiles(data, "*.csv", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(data, file)).Where(group).Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<BacktestSeries> ReadNab(IEnumerable<string> files) =>
        [.. files.SelectMany(file => Read(Default.Model, Path.Combine("nab", "data", file)))];

    public IReadOnlyList<BacktestSeries> Read(
        Model model, string file, int? scaleRows = null, bool header = true) => new BacktestReader
        {
            Model = model, Format = new CsvFormat(HasHeader: header), ScaleRows = scaleRows,
        }.Read(PathOf(file));

    public BacktestResult Run(
        LoadedModel model, IReadOnlyList<BacktestSeries> series, BacktestPlan plan,
        Func<int, ForecastScored?>? listen = null, RowPredicted? predicted = null) =>
        BacktestRun.Run(model, Kernel, series, plan, listen, predicted);

    public static bool IsReal(string file) => file.StartsWith("real", StringComparison.Ordinal);
}
