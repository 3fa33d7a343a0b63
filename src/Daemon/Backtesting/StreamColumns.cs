using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training;

namespace Realtime.Daemon.Backtesting;

/// <summary>Which columns of a file are a stream's inputs and outputs.</summary>
/// <param name="Column">The column that a stream of one column is called by; null where the file is one stream.</param>
/// <param name="Inputs">Columns of the model's inputs, in its order.</param>
/// <param name="Outputs">Columns that its outputs are compared with; null for the rows left to the end.</param>
internal sealed record StreamColumns(string? Column, IReadOnlyList<string> Inputs, IReadOnlyList<string?> Outputs)
{
    /// <summary>The output whose values are the rows left to the end of a stream, where no column has its name.
    /// </summary>
    public const string Remaining = "remaining";

    /// <summary>
    /// A file's columns for a model: those asked for, else those that are called like the model's inputs, else as many
    /// columns of numbers as it has inputs. A model of one input takes each column as a stream of its own.
    /// </summary>
    /// <param name="file">What messages call the file.</param>
    /// <param name="model">The model.</param>
    /// <param name="asked">Columns asked for; none where the model decides.</param>
    /// <param name="numbers">Columns of numbers that are in the file.</param>
    /// <exception cref="StartException">They do not fit.</exception>
    public static IReadOnlyList<StreamColumns> Of(
        string file, Model model, IReadOnlyList<string> asked, IReadOnlyList<string> numbers)
    {
        var found = asked.Count != 0 ? asked
            : model.Inputs.All(numbers.Contains) ? model.Inputs : numbers;
        if (found.Count == model.Inputs.Count)
            return [new StreamColumns(null, found, OutputsOf(file, model, found, numbers))];
        if (model.Inputs.Count == 1 && model.Forecast.Outputs.SequenceEqual(model.Inputs) && found.Count != 0)
            return [.. found.Select(static column => new StreamColumns(column, [column], [column]))];
        throw new StartException(ExitCode.Usage,
        [
            $"{file}: found {(found.Count == 0 ? "no column of numbers" : $"columns {string.Join(", ", found)}")}, "
                + $"expected the model's {model.Inputs.Count} inputs {string.Join(", ", model.Inputs)}; "
                + "--column says which",
        ]);
    }

    private static string?[] OutputsOf(
        string file, Model model, IReadOnlyList<string> inputs, IReadOnlyList<string> numbers)
    {
        var names = model.Inputs.ToList();
        if (model.Forecast.Outputs is [Remaining] && model.Forecast.Horizons is [1] && !numbers.Contains(Remaining))
            return [null];
        return [.. model.Forecast.Outputs.Select(output =>
            names.IndexOf(output) is >= 0 and var input ? inputs[input]
            : numbers.Contains(output) ? output
            : throw new StartException(ExitCode.Usage,
                [$"{file}: found no column {output}, expected one to compare the model's output with"]))];
    }
}
