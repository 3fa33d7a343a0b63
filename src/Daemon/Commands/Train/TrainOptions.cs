using System.CommandLine;
using System.Globalization;
using Realtime.Training;
using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Daemon.Commands;

/// <summary>What <c>realtimed train</c> takes.</summary>
internal sealed class TrainOptions
{
    private static readonly ForecastTraining Defaults = new();

    private readonly Option<string?> _column = new("--column")
    {
        Description = "The columns to learn and forecast, separated by commas (default: every column of numbers)",
        HelpName = "COLUMN,…",
    };

    private readonly Option<int[]?> _horizons = List("--horizons", "Rows ahead to forecast", "1",
        "whole numbers above 0", static (string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0);

    private readonly Option<double[]?> _quantiles = List("--quantiles", "Quantiles to forecast beside the value",
        "none", "numbers between 0 and 1", static (string text, out double number) =>
            CommonOptions.TryPositive(text, out number) && number < 1);

    private readonly Option<string> _cell = Choice("--cell", "The recurrent cell", "gru", "lstm", "rnn");
    private readonly Option<string> _loss = Choice("--loss", "What is made small", "mse", "mae", "huber");
    private readonly Option<string> _optimiser = Choice("--optimiser", "How weights move", "adam", "rmsprop");
    private readonly Option<string> _schedule = Choice("--schedule", "How the rate falls", "cosine", "constant");

    private readonly Option<int?> _hidden =
        CommonOptions.Count("--hidden", $"Units of each recurrent layer (default {Defaults.Hidden})");

    private readonly Option<int?> _layers =
        CommonOptions.Count("--layers", $"Recurrent layers (default {Defaults.Layers})");

    private readonly Option<int?> _epochs = CommonOptions.Count(
        "--epochs", "Times through the rows, at most (default: enough for 2,000 steps, 30 to 1,000)");

    private readonly Option<int?> _patience = CommonOptions.Count(
        "--patience", "Epochs without a better one, after which it ends (default: a fifth of all, at least 20)");

    private readonly Option<int?> _window =
        CommonOptions.Count("--window", $"Rows that learning looks back (default {Defaults.Window})");

    private readonly Option<int?> _batch =
        CommonOptions.Count("--batch", $"Windows that are learnt from together (default {Defaults.Rows})");

    private readonly Option<int?> _season =
        CommonOptions.Count("--season", "Rows of a season, for the comparison with seasonal naive");

    private readonly Option<int?> _seed =
        CommonOptions.Count("--seed", "The same seed gives the same file (default 1)");

    private readonly Option<int?> _threads =
        CommonOptions.Count("--threads", "Threads (default: all cores); makes no difference to the file");

    private readonly Option<double?> _rate = Number("--rate", "Learning rate", Defaults.Rate);
    private readonly Option<double?> _clip = Number("--clip", "Largest norm of a gradient", Defaults.Clip);
    private readonly Option<double?> _weightDecay = Number("--weight-decay", "Weight decay", 0);
    private readonly Option<double?> _dropout = Number("--dropout", "Share dropped between layers", 0);

    private readonly Option<double?> _recurrentDropout =
        Number("--recurrent-dropout", "Share of the state that recurrent weights do not see", 0);

    private readonly Option<double?> _validation =
        Number("--validation", "Share of each series, at its end, that judges", Defaults.ValidationShare);

    public Option<string[]> Data { get; } = new("--data")
    {
        Description = "Files of comma-separated values, or folders of them",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string> Out { get; } = new("--out")
    {
        Description = "The model file to write", HelpName = "FILE", Required = true,
    };

    public Option<int?> Rows { get; } = CommonOptions.Count("--rows", "Takes the first N rows of each file only");

    public Option<string?> Group { get; } = new("--group")
    {
        Description = "A column each value of which is a series of its own", HelpName = "COLUMN",
    };

    public Option<bool> NoHeader { get; } = new("--no-header")
    {
        Description = "The files begin with a row of values; columns are c1, c2, …",
    };

    public Option<char?> Delimiter { get; } = new("--delimiter")
    {
        Description = "Between cells: one character, space for runs of blanks, or tab (default ,)",
        HelpName = "CHARACTER",
        CustomParser = static result =>
        {
            if (CsvFormat.TryParseDelimiter(result.Tokens[0].Value, out var delimiter))
                return delimiter;
            result.AddError($"--delimiter: found {result.Tokens[0].Value}, expected one character, space or tab");
            return null;
        },
    };

    /// <summary>Only "none" yet.</summary>
    public Option<string> Adapt { get; } = Choice("--adapt", "The head that adapts to each stream", "none");

    public IEnumerable<Option> All =>
    [
        Data, Out, _column, Group, Rows, Delimiter, NoHeader, _cell, _hidden, _layers, _horizons, _quantiles, Adapt,
        _loss, _optimiser, _rate, _schedule, _clip, _weightDecay, _dropout, _recurrentDropout, _epochs, _patience,
        _window, _batch, _validation, _season, _seed, _threads,
    ];

    /// <summary>The columns asked for; none for all.</summary>
    public IReadOnlyList<string> ColumnsOf(ParseResult arguments) =>
        arguments.GetValue(_column)?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    /// <param name="arguments">The command line.</param>
    /// <param name="name">The model's.</param>
    /// <param name="rows">Rows to learn from, which decide on the number of epochs where none is given.</param>
    public ForecastTraining TrainingOf(ParseResult arguments, string name, long rows)
    {
        var training = WithoutEpochs(arguments, name).WithEpochsFor(rows);
        return training with
        {
            Epochs = arguments.GetValue(_epochs) ?? training.Epochs,
            Patience = arguments.GetValue(_patience) ?? training.Patience,
        };
    }

    private ForecastTraining WithoutEpochs(ParseResult arguments, string name)
    {
        var decay = arguments.GetValue(_weightDecay) ?? 0;
        return new ForecastTraining
        {
            Name = name,
            Cell = arguments.GetValue(_cell) switch
            {
                "lstm" => CellKind.Lstm, "rnn" => CellKind.RnnTanh, _ => CellKind.Gru,
            },
            Hidden = arguments.GetValue(_hidden) ?? Defaults.Hidden,
            Layers = arguments.GetValue(_layers) ?? Defaults.Layers,
            Horizons = arguments.GetValue(_horizons) is { Length: > 0 } horizons ? horizons : [1],
            Quantiles = arguments.GetValue(_quantiles) ?? [],
            Loss = arguments.GetValue(_loss) switch
            {
                "mae" => new AbsoluteLoss(), "huber" => new HuberLoss(), _ => new SquaredLoss(),
            },
            Optimiser = arguments.GetValue(_optimiser) == "rmsprop"
                ? () => new RmsProp(weightDecay: decay) : () => new Adam(weightDecay: decay),
            Rate = arguments.GetValue(_rate) ?? Defaults.Rate,
            Schedule = arguments.GetValue(_schedule) == "constant" ? new ConstantRate() : new CosineRate(),
            Clip = arguments.GetValue(_clip) ?? Defaults.Clip,
            Dropout = arguments.GetValue(_dropout) ?? 0,
            RecurrentDropout = arguments.GetValue(_recurrentDropout) ?? 0,
            Window = arguments.GetValue(_window) ?? Defaults.Window,
            WarmUp = Math.Min(Defaults.WarmUp, (arguments.GetValue(_window) ?? Defaults.Window) / 2),
            Rows = arguments.GetValue(_batch) ?? Defaults.Rows,
            ValidationShare = arguments.GetValue(_validation) ?? Defaults.ValidationShare,
            Season = arguments.GetValue(_season),
            Threads = arguments.GetValue(_threads) ?? Environment.ProcessorCount,
            Seed = (ulong)(arguments.GetValue(_seed) ?? 1),
        };
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static Option<T[]?> List<T>(
        string name, string description, string fallback, string expected, TryParse<T> tryParse) => new(name)
    {
        Description = $"{description}, separated by commas (default {fallback})",
        HelpName = "N,…",
        CustomParser = result =>
        {
            var values = new List<T>();
            foreach (var text in result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries))
            {
                if (!tryParse(text, out var value))
                {
                    result.AddError($"{name}: found {text}, expected {expected}, separated by commas");
                    return null;
                }

                values.Add(value);
            }

            return [.. values];
        },
    };

    private static Option<double?> Number(string name, string description, double fallback) => new(name)
    {
        Description = FormattableString.Invariant($"{description} (default {fallback})"),
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (CommonOptions.TryPositive(text, out var number))
                return number;
            result.AddError($"{name}: found {text}, expected a number above 0");
            return null;
        },
    };

    private static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            var found = result.GetValueOrDefault<string>();
            if (!values.Contains(found))
                result.AddError($"{name}: found {found}, expected {string.Join(" or ", values)}");
        });
        return option;
    }
}
