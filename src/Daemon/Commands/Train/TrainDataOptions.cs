using System.CommandLine;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary>What <c>realtimed train</c> learns from, and what of it.</summary>
internal sealed class TrainDataOptions
{
    /// <summary>The target that is no column: the rows left to the end.</summary>
    public const string Remaining = "remaining";

    public Option<string[]> Data { get; } = new("--data")
    {
        Description = "Files of comma-separated values, or folders of them",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string?> Column { get; } = new("--column")
    {
        Description = "The columns to learn and forecast, separated by commas (default: every column of numbers)",
        HelpName = "COLUMN,…",
    };

    public Option<string?> Covariate { get; } = new("--covariate")
    {
        Description = "Further columns to learn from that are not forecast, separated by commas",
        HelpName = "COLUMN,…",
    };

    public Option<string?> Target { get; } = new("--target")
    {
        Description = "Predicts this column of the others, one of text as classes; "
            + $"{Remaining}: the rows left to the end of the series",
        HelpName = "COLUMN",
    };

    public Option<int?> Cap { get; } = CommonOptions.Count("--cap", "With --target remaining: no more rows than this");

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

    public IEnumerable<Option> All =>
        [Data, Column, Covariate, Target, Cap, Group, Rows, Delimiter, NoHeader];

    public static IReadOnlyList<string> NamesIn(string? list) =>
        list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
