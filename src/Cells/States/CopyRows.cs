namespace Realtime.Cells.States;

/// <summary>
/// The rows of a network that is applied to each input by itself: each row of the model has one for each copy.
/// </summary>
/// <param name="copies">Of the network; with 1 the rows are the model's.</param>
public sealed class CopyRows(int copies)
{
    private int[] _rows = [];

    /// <summary>[rows, copies]; it is held until the next call.</summary>
    public ReadOnlySpan<int> Of(ReadOnlySpan<int> rows)
    {
        if (copies == 1) return rows;
        int count = rows.Length * copies;
        if (_rows.Length < count) _rows = new int[Math.Max(count, 2 * _rows.Length)];
        for (int i = 0; i < count; i++) _rows[i] = checked(rows[i / copies] * copies + i % copies);
        return _rows.AsSpan(0, count);
    }
}
