using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Daemon.Commands;

/// <summary>What <c>realtimed train</c> takes.</summary>
internal sealed class TrainOptions
{
    private static readonly ForecastTraining Defaults = new();

    private readonly TrainDataOptions _data = new();

    private readonly Option<int[]?> _horizons = List("--horizons", "Rows ahead to forecast", "1",
        "whole numbers above 0", static (string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0);

    private readonly Option<double[]?> _quantiles = List("--quantiles", "Quantiles to forecast beside the value",
        "none", "numbers between 0 and 1", static (string text, out double number) =>
            CommonOptions.TryPositive(text, out number) && number < 1);

    private readonly Option<string> _cell = Choice("--cell", "The recurrent cell", "gru", "lstm", "rnn");
    private readonly Option<string> _loss = Choice("--loss", "What is made small; normal: "
        + "the head gives a variance, too; cross-entropy: the target is a class", "mse", "mae", "huber", "normal",
        "cross-entropy");
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

    private readonly Option<double?> _averaging = new("--averaging")
    {
        Description = "Share that the mean of the weights keeps at each step; 0: the last weights are kept "
            + "(default 0; 0.98 for --target remaining)",
        HelpName = "NUMBER",
    };

    private readonly Option<string> _targets = Choice(
        "--targets", "What the network says: differences, values, or what validates better",
        "auto", "value", "difference");

    private readonly Option<string> _time = Choice(
        "--time", "Hour and weekday as inputs, where the rows have times that show a day and a week", "auto", "none");

    private readonly Option<string> _adapt = Choice(
        "--adapt", "The head that adapts to each stream, where the target is an input", "rls", "none");

    private readonly Option<double[]?> _intervals = new("--intervals")
    {
        Description = "Shares of the values that intervals are to hold, separated by commas, or none "
            + "(default 0.8,0.95 with an adaptive head)",
        HelpName = "P,…",
        CustomParser = static result => Intervals(result),
    };

    private readonly Option<bool> _carry = new("--carry")
    {
        Description = "States go on from window to window, and do not begin at zero",
    };

    private readonly Option<double?> _recurrentDropout =
        Number("--recurrent-dropout", "Share of the state that recurrent weights do not see", 0);

    private readonly Option<double?> _validation =
        Number("--validation", "Share of each series, at its end, that judges", Defaults.ValidationShare);

    public Option<string> Out { get; } = new("--out")
    {
        Description = "The model file to write", HelpName = "FILE", Required = true,
    };

    /// <summary>Whether to go on from a checkpoint.</summary>
    public Option<bool> Resume { get; } = new("--resume")
    {
        Description = "Goes on from the checkpoint beside the model, which an interrupted training leaves",
    };

    public TrainDataOptions Data => _data;

    public IEnumerable<Option> All =>
    [
        .. _data.All, Out, _cell, _hidden, _layers, _horizons, _targets, _time, _quantiles, _adapt, _intervals,
        _loss, _optimiser, _rate, _schedule, _clip, _weightDecay, _averaging, _dropout, _recurrentDropout, _epochs,
        _patience, _window, _batch, _carry, _validation, _season, _seed, _threads, Resume,
    ];

    /// <summary>Whether the target is a class even where its cells are numbers.</summary>
    public bool AsksForClasses(ParseResult arguments) => arguments.GetValue(_loss) == "cross-entropy";

    /// <summary>Whether the better kind of target is to be found out.</summary>
    public bool ChoosesTarget(ParseResult arguments, TrainingData data) =>
        data is { Kind: TaskKind.Forecast, OutputsAreInputs: true } && arguments.GetValue(_targets) == "auto";

    /// <exception cref="StartException">Options that do not go with the task.</exception>
    public ForecastTraining TrainingOf(ParseResult arguments, string name, TrainingData data)
    {
        Check(arguments, data);
        var training = WithoutEpochs(arguments, name, TaskDefaults.Of(data)).WithEpochsFor(data.Series);
        return training with
        {
            Epochs = arguments.GetValue(_epochs) ?? training.Epochs,
            Patience = arguments.GetValue(_patience) ?? training.Patience,
            Season = arguments.GetValue(_season) ?? SeasonGuess.Of(data.Series[0]),
        };
    }

    private void Check(ParseResult arguments, TrainingData data)
    {
        var isForecast = data.Kind == TaskKind.Forecast;
        Refuse(!isForecast && arguments.GetValue(_horizons) is { Length: > 0 } horizons && horizons is not [1],
            "--horizons: expected 1, as the target is the row's own");
        Refuse(data.Kind == TaskKind.Classes && (HasLevels(arguments)
                || IsGiven(arguments, _loss) && !AsksForClasses(arguments)),
            "the target is a class: expected --loss cross-entropy and no --quantiles");
        Refuse(IsNormal(arguments) && !HasLevels(arguments),
            "--loss normal: expected --quantiles, the levels that are published of the distribution");
        var learns = data.OutputsAreInputs && data.Kind != TaskKind.Classes;
        Refuse(!learns && IsGiven(arguments, _adapt) && arguments.GetValue(_adapt) == "rls",
            "--adapt: expected none, as a stream never learns the value of a target that is no input");
        Refuse(!learns && arguments.GetValue(_targets) == "difference",
            "--targets: expected value, as the target is no input");
        Refuse(arguments.GetValue(_intervals) is { Length: > 0 } && (!learns || HasLevels(arguments)),
            "--intervals: expected none where the target is no input, or beside quantiles");
    }

    private static void Refuse(bool wrong, string message)
    {
        if (wrong)
            throw new StartException(ExitCode.Usage, [message]);
    }

    private static bool IsGiven(ParseResult arguments, Option option) =>
        arguments.GetResult(option) is { Implicit: false };

    private bool IsNormal(ParseResult arguments) => arguments.GetValue(_loss) == "normal";

    private bool HasLevels(ParseResult arguments) => arguments.GetValue(_quantiles) is { Length: > 0 };

    private ForecastTraining WithoutEpochs(ParseResult arguments, string name, ForecastTraining defaults)
    {
        var adapts = arguments.GetValue(_adapt) == "rls" && defaults.Adapt is not null;
        var window = arguments.GetValue(_window) ?? defaults.Window;
        return WithStepping(arguments, defaults) with
        {
            Name = name,
            Cell = arguments.GetValue(_cell) switch
            {
                "lstm" => CellKind.Lstm, "rnn" => CellKind.RnnTanh, _ => CellKind.Gru,
            },
            Hidden = arguments.GetValue(_hidden) ?? defaults.Hidden,
            Layers = arguments.GetValue(_layers) ?? defaults.Layers,
            Horizons = arguments.GetValue(_horizons) is { Length: > 0 } horizons ? horizons : [1],
            Quantiles = arguments.GetValue(_quantiles) ?? [],
            Target = arguments.GetValue(_targets) == "difference" ? ForecastTarget.Difference : ForecastTarget.Value,
            Features = arguments.GetValue(_time) == "none"
                ? defaults.Features with { HourHarmonics = 0, Weekday = false }
                : defaults.Features,
            Adapt = adapts ? defaults.Adapt : null,
            ChoosesAdapt = adapts,
            Intervals = HasLevels(arguments) ? []
                : IsGiven(arguments, _intervals) ? arguments.GetValue(_intervals)!
                : adapts ? defaults.Intervals : [],
            IsNormal = IsNormal(arguments),
            Dropout = arguments.GetValue(_dropout) ?? 0,
            RecurrentDropout = arguments.GetValue(_recurrentDropout) ?? 0,
            Window = window,
            WarmUp = Math.Min(defaults.WarmUp, window / 2),
            TakesWholeSeries = defaults.TakesWholeSeries && window >= defaults.Window,
            CarriesState = arguments.GetValue(_carry) || defaults.CarriesState,
        };
    }

    private ForecastTraining WithStepping(ParseResult arguments, ForecastTraining defaults)
    {
        var decay = arguments.GetValue(_weightDecay) ?? TaskDefaults.WeightDecayOf(defaults);
        return defaults with
        {
            Loss = arguments.GetValue(_loss) switch
            {
                "mae" => new AbsoluteLoss(), "huber" => new HuberLoss(), _ => new SquaredLoss(),
            },
            Optimiser = arguments.GetValue(_optimiser) == "rmsprop"
                ? () => new RmsProp(weightDecay: decay) : () => new Adam(weightDecay: decay),
            Rate = arguments.GetValue(_rate) ?? defaults.Rate,
            Schedule = arguments.GetValue(_schedule) == "constant" ? new ConstantRate() : new CosineRate(),
            Clip = arguments.GetValue(_clip) ?? defaults.Clip,
            Averaging = arguments.GetValue(_averaging) ?? defaults.Averaging,
            Rows = arguments.GetValue(_batch) ?? defaults.Rows,
            ValidationShare = arguments.GetValue(_validation) ?? defaults.ValidationShare,
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

    private static double[]? Intervals(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "none")
            return [];
        var values = new List<double>();
        foreach (var one in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!CommonOptions.TryPositive(one, out var share) || share >= 1 || share <= values.LastOrDefault())
            {
                result.AddError($"--intervals: found {text}, expected ascending numbers between 0 and 1, or none");
                return null;
            }

            values.Add(share);
        }

        return [.. values];
    }

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
