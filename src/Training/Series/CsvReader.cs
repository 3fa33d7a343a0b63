using System.Text;

namespace Realtime.Training;

/// <summary>
/// Reads comma-separated values row by row (RFC 4180, with any delimiter): quoted cells may hold delimiters, line ends
/// and doubled quotes; other cells are trimmed; blank lines are skipped; every row has as many cells as the first.
/// </summary>
public sealed class CsvReader : IDisposable
{
    private const int LongestRow = 1 << 20;

    private const string TimeExpected =
        "a time such as 2016-07-01 13:00:00, 1949-01, 7/1/2016 13:00 (month first) or unix seconds";

    private readonly TextReader _text;
    private readonly CsvFormat _format;
    private readonly StringBuilder _row = new();
    private readonly List<int> _ends = [];
    private char[] _cells = new char[256];
    private int _length;
    private int _lastLine;
    private bool _isFirstRowHeld;

    /// <param name="text">Disposed of with the reader.</param>
    /// <param name="name">What messages call the text.</param>
    /// <param name="format">Delimiter and header.</param>
    /// <exception cref="SeriesFormatException">There is no row, or the header is not one.</exception>
    public CsvReader(TextReader text, string name, CsvFormat format)
    {
        (_text, _format, Name) = (text, format, name);
        if (!ReadRow())
        {
            throw Error("no row", format.HasHeader ? "a header and rows" : "rows");
        }
        Columns = format.HasHeader ? Header() : [.. Enumerable.Range(1, Count).Select(number => $"c{number}")];
        _isFirstRowHeld = !format.HasHeader;
    }

    public string Name { get; }

    public IReadOnlyList<string> Columns { get; }

    /// <summary>The line the current row starts at, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Whether every column's name is a number, as where a file without header was read as one with.</summary>
    public bool IsHeaderNumeric => _format.HasHeader && Columns.All(name => CellText.TryNumber(name, out _));

    private int Count => _ends.Count;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="SeriesFormatException">As for the constructor.</exception>
    public static CsvReader Open(string path, CsvFormat format)
    {
        var text = new StreamReader(path, Encoding.UTF8);
        try
        {
            return new CsvReader(text, path, format);
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    public void Dispose() => _text.Dispose();

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="SeriesFormatException">A row of another length, or a quote that does not close.</exception>
    public bool Read()
    {
        if (_isFirstRowHeld)
        {
            _isFirstRowHeld = false;
            return true;
        }
        if (!ReadRow())
        {
            return false;
        }
        if (Count != Columns.Count)
        {
            throw Error($"{Count} cells", $"{Columns.Count}, as in the first row");
        }
        return true;
    }

    /// <summary>The characters of a cell of the current row.</summary>
    public ReadOnlySpan<char> this[int column]
    {
        get
        {
            var start = column == 0 ? 0 : _ends[column - 1];
            return _cells.AsSpan(start, _ends[column] - start);
        }
    }

    /// <summary>A cell as a number, NaN where it is missing.</summary>
    /// <exception cref="SeriesFormatException">It is neither.</exception>
    public double Number(int column)
    {
        if (CellText.IsMissing(this[column]))
        {
            return double.NaN;
        }
        return CellText.TryNumber(this[column], out var number) ? number : throw CellError(column, "a number");
    }

    /// <summary>A cell as a time in nanoseconds since 1970 UTC.</summary>
    /// <exception cref="SeriesFormatException">It is not one.</exception>
    public long Time(int column) => TimeText.TryParse(this[column], out var time)
        ? time
        : throw CellError(column, TimeExpected);

    /// <summary>The index of a column.</summary>
    /// <exception cref="SeriesFormatException">There is none of that name.</exception>
    public int Find(string column)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i] == column)
            {
                return i;
            }
        }
        throw new SeriesFormatException(
            $"{Name}:1: found no column \"{column}\", expected one of {string.Join(", ", Columns)}");
    }

    private SeriesFormatException CellError(int column, string expected) =>
        Error($"\"{this[column]}\" in column {Columns[column]}", expected);

    private SeriesFormatException OpenQuote() => Error("a quote that does not close", "its closing quote");

    private SeriesFormatException Error(string found, string expected) =>
        new($"{Name}:{Math.Max(Line, 1)}: found {found}, expected {expected}");

    private List<string> Header()
    {
        var names = new List<string>();
        for (var i = 0; i < Count; i++)
        {
            var name = this[i].IsEmpty ? $"c{i + 1}" : this[i].ToString();
            if (names.Contains(name))
            {
                throw Error($"two columns named \"{name}\"", "names that differ");
            }
            names.Add(name);
        }
        return names;
    }

    private bool ReadRow()
    {
        string? line;
        do
        {
            line = _text.ReadLine();
            _lastLine++;
        }
        while (line is not null && string.IsNullOrWhiteSpace(line));
        if (line is null)
        {
            return false;
        }
        Line = _lastLine;
        _ends.Clear();
        _length = 0;
        if (line.Contains('"'))
        {
            SplitQuoted(WithOpenQuotes(line));
        }
        else if (_format.Delimiter == CsvFormat.Blanks)
        {
            SplitBlanks(line);
        }
        else
        {
            Split(line);
        }
        return true;
    }

    // A quoted cell may go on in the next lines: the row ends where its quotes are even.
    private string WithOpenQuotes(string first)
    {
        if (HasEvenQuotes(first))
        {
            return first;
        }
        _row.Clear().Append(first);
        while (_text.ReadLine() is { } line && _row.Length < LongestRow)
        {
            _lastLine++;
            _row.Append('\n').Append(line);
            if (!HasEvenQuotes(line))
            {
                return _row.ToString();
            }
        }
        throw OpenQuote();
    }

    private static bool HasEvenQuotes(string line) => line.AsSpan().Count('"') % 2 == 0;

    private void Split(ReadOnlySpan<char> line)
    {
        while (true)
        {
            var end = line.IndexOf(_format.Delimiter);
            AddCell((end < 0 ? line : line[..end]).Trim());
            if (end < 0)
            {
                return;
            }
            line = line[(end + 1)..];
        }
    }

    private void SplitBlanks(ReadOnlySpan<char> line)
    {
        for (line = line.Trim(); !line.IsEmpty; line = line.TrimStart())
        {
            var end = line.IndexOfAny(' ', '\t');
            end = end < 0 ? line.Length : end;
            AddCell(line[..end]);
            line = line[end..];
        }
    }

    private void SplitQuoted(ReadOnlySpan<char> line)
    {
        var blanks = _format.Delimiter == CsvFormat.Blanks;
        line = blanks ? line.Trim() : line;
        while (true)
        {
            line = line.TrimStart(blanks ? " \t" : " ");
            var rest = !line.IsEmpty && line[0] == '"' ? AddQuotedCell(line[1..]) : AddBareCell(line, blanks);
            if (rest.IsEmpty)
            {
                return;
            }
            line = rest[1..];
        }
    }

    // What is behind the cell, from the delimiter on.
    private ReadOnlySpan<char> AddBareCell(ReadOnlySpan<char> line, bool blanks)
    {
        var end = blanks ? line.IndexOfAny(' ', '\t') : line.IndexOf(_format.Delimiter);
        end = end < 0 ? line.Length : end;
        AddCell(line[..end].Trim());
        return line[end..];
    }

    private ReadOnlySpan<char> AddQuotedCell(ReadOnlySpan<char> line)
    {
        while (true)
        {
            var quote = line.IndexOf('"');
            if (quote < 0)
            {
                throw OpenQuote();
            }
            Append(line[..quote]);
            line = line[(quote + 1)..];
            if (line.IsEmpty || line[0] != '"')
            {
                break;
            }
            Append("\"");
            line = line[1..];
        }
        _ends.Add(_length);
        var blanks = _format.Delimiter == CsvFormat.Blanks;
        line = blanks ? line : line.TrimStart(' ');
        if (!line.IsEmpty && line[0] != _format.Delimiter && !(blanks && line[0] == '\t'))
        {
            throw Error($"'{line[0]}' behind a closing quote", "a delimiter or the end of the line");
        }
        return line;
    }

    private void AddCell(ReadOnlySpan<char> text)
    {
        Append(text);
        _ends.Add(_length);
    }

    private void Append(ReadOnlySpan<char> text)
    {
        while (_length + text.Length > _cells.Length)
        {
            Array.Resize(ref _cells, 2 * _cells.Length);
        }
        text.CopyTo(_cells.AsSpan(_length));
        _length += text.Length;
    }
}
