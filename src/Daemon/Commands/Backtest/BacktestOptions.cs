using System.CommandLine;
using System.Globalization;
using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Commands;

/// <summary>What <c>realtimed backtest</c> takes.</summary>
internal sealed class BacktestOptions
{
    // Data are read as for training.
    private readonly TrainDataOptions _data = new();

    public Option<string[]> Model { get; } = new("--model")
    {
        Description = "A model file, or default for the one shipped with the program; several of the same inputs and "
            + "outputs are compared by themselves and as an ensemble, without what streams learn; may be repeated",
        HelpName = "FILE|default",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<int?> RollOut { get; } = CommonOptions.Count(
        "--roll-out", "Forecasts N steps from every row, too, each forecast being the next input");

    public Option<string?> Decoder { get; } = new("--decoder")
    {
        Description = "A model that takes over from the states for --roll-out, and begins with the last value",
        HelpName = "FILE",
    };

    public Option<EngineKind?> Engine { get; } = CommonOptions.Engine(
        "What steps the models: cpu (default), gpu, or auto for what is faster here");

    public Option<string?> Device { get; } = CommonOptions.Device();

    public Option<string[]> Data => _data.Data;

    public Option<string?> Column { get; } = new("--column")
    {
        Description = "The columns of the model's inputs, in its order, separated by commas (default: those of the "
            + "inputs' names, else every column of numbers; a model of one input takes each as a stream of its own)",
        HelpName = "COLUMN,…",
    };

    public Option<string?> Group => _data.Group;
    public Option<int?> Rows => _data.Rows;
    public Option<char?> Delimiter => _data.Delimiter;
    public Option<bool> NoHeader => _data.NoHeader;

    public Option<int?> Season { get; } =
        CommonOptions.Count("--season", "Rows of a season, for the comparison with seasonal naive and for MASE");

    public Option<int?> ScaleRows { get; } = CommonOptions.Count(
        "--scale-rows", "Errors in standard deviations of the first N rows of each column");

    public Option<int?> TestFrom { get; } = Row("--test-from", "The first row that is scored, from 0 (default 0)");

    public Option<int?> TestTo { get; } =
        CommonOptions.Count("--test-to", "The row behind the last that is scored (default: all are)");

    public Option<int?> Cap { get; } = CommonOptions.Count(
        "--cap", "For a model of the rows remaining to the end of a group: the most that are counted");

    public Option<bool> Json { get; } = CommonOptions.Json("Prints one JSON object");

    public Option<string?> Plot { get; } = new("--plot")
    {
        Description = "Writes a page with forecasts beside values, errors over time and calibration",
        HelpName = "FILE.html",
    };

    public IEnumerable<Option> All =>
    [
        Model, Data, Column, Group, Rows, Delimiter, NoHeader, Season, ScaleRows, TestFrom, TestTo, Cap, RollOut,
        Decoder, Engine, Device, Json, Plot,
    ];

    private static Option<int?> Row(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
            result.AddError($"{name}: found {text}, expected the number of a row, from 0 on");
            return null;
        },
    };
}
