using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>Rows in aligned columns, for terminals and pipes alike; no trailing blanks.</summary>
/// <param name="columns">Names of the columns; one that starts with &gt; is aligned to the right.</param>
internal sealed class TextTable(params string[] columns)
{
    private const int Between = 2;

    private readonly string[] _names = [.. columns.Select(static column => column.TrimStart('>'))];
    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params string[] cells)
    {
        if (cells.Length != columns.Length)
            throw new ArgumentException($"{cells.Length} cells for {columns.Length} columns", nameof(cells));
        _rows.Add(cells);
    }

    /// <param name="output">Gets a line for the names, unless all are empty, and one for each row.</param>
    public void WriteTo(TextWriter output)
    {
        var widths = _names
            .Select((name, i) => _rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();
        if (_names.Any(static name => name.Length > 0))
            output.WriteLine(Line(_names, widths));
        foreach (var row in _rows)
            output.WriteLine(Line(row, widths));
    }

    private string Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                line.Append(' ', Between);
            line.Append(columns[i].StartsWith('>') ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }

        return line.ToString().TrimEnd();
    }
}
