namespace Realtime.Training;

/// <summary>Reads a file as ticks, one row at a time, holding one row only.</summary>
public sealed class SeriesReader : IDisposable
{
    private readonly CsvReader _rows;
    private readonly int[] _columns;
    private readonly double[] _values;
    private readonly int _timeColumn = -1;
    private readonly int _groupColumn = -1;
    private readonly List<string>? _classes;
    private string _group = "";

    /// <param name="path">The file.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="columns">Which columns are what.</param>
    /// <param name="classes">Where not null, the last value column has classes, whatever its cells say: its value is
    /// the class's place here, and those found are added.</param>
    /// <exception cref="SeriesFormatException">There is no such column, or no value column.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public SeriesReader(string path, CsvFormat format, SeriesColumns columns, List<string>? classes = null)
    {
        _classes = classes;
        _rows = CsvReader.Open(path, format);
        try
        {
            if (columns.Values.Count == 0)
            {
                throw new SeriesFormatException($"{path}:1: found no column of numbers among "
                    + $"{string.Join(", ", _rows.Columns)}, expected at least one");
            }
            _columns = [.. columns.Values.Select(_rows.Find)];
            _values = new double[_columns.Length];
            _timeColumn = columns.Time is null ? -1 : _rows.Find(columns.Time);
            _groupColumn = columns.Group is null ? -1 : _rows.Find(columns.Group);
        }
        catch
        {
            _rows.Dispose();
            throw;
        }
        Columns = columns;
    }

    public SeriesColumns Columns { get; }

    /// <summary>The row's values, one per value column, NaN where missing; overwritten by the next row.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>The row's time in nanoseconds since 1970 UTC; null without a time column.</summary>
    public long? Time { get; private set; }

    /// <summary>The stream the row belongs to; empty without a group column.</summary>
    public string Group => _group;

    /// <summary>The row's line in the file, from 1.</summary>
    public int Line => _rows.Line;

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="SeriesFormatException">A cell that is no number and not missing, or no time.</exception>
    public bool Read()
    {
        if (!_rows.Read())
        {
            return false;
        }
        for (var i = 0; i < _columns.Length; i++)
        {
            _values[i] = _classes is not null && i == _columns.Length - 1
                ? ClassOf(_rows[_columns[i]], _classes)
                : _rows.Number(_columns[i]);
        }
        Time = _timeColumn < 0 ? null : _rows.Time(_timeColumn);
        if (_groupColumn >= 0 && !_rows[_groupColumn].SequenceEqual(_group))
        {
            _group = _rows[_groupColumn].ToString();
        }
        return true;
    }

    public void Dispose() => _rows.Dispose();

    private static double ClassOf(ReadOnlySpan<char> cell, List<string> classes)
    {
        if (CellText.IsMissing(cell))
        {
            return double.NaN;
        }
        for (var i = 0; i < classes.Count; i++)
        {
            if (cell.SequenceEqual(classes[i]))
            {
                return i;
            }
        }
        classes.Add(cell.ToString());
        return classes.Count - 1;
    }
}
