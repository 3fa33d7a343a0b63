namespace Realtime.Training;

/// <summary>How a file of comma-separated values is written.</summary>
/// <param name="Delimiter">Between cells; <see cref="Blanks"/> is any run of blanks and tabs.</param>
/// <param name="HasHeader">Whether the first line names the columns; else they are c1, c2, …</param>
public sealed record CsvFormat(char Delimiter = ',', bool HasHeader = true)
{
    /// <summary>The delimiter that stands for runs of blanks and tabs.</summary>
    public const char Blanks = ' ';

    /// <summary>A delimiter as written on the command line: one character, "space" or "tab".</summary>
    public static bool TryParseDelimiter(string text, out char delimiter)
    {
        delimiter = text switch
        {
            "space" => Blanks,
            "tab" => '\t',
            [var one] => one,
            _ => '\0',
        };
        return delimiter is not ('\0' or '"' or '\r' or '\n');
    }
}
