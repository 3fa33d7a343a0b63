namespace Realtime.Daemon.Frames;

/// <summary>
/// Orders a frame's items into batches that can be stepped at once: one model each, no row twice, a row's items in
/// the order of their arrival.
/// </summary>
public sealed class Waves
{
    private int[] _order = [];
    private int[] _ends = [];
    private int[] _firstKey = [];
    private int _keys;

    /// <summary>Batches found by the last <see cref="Sort"/>; some may be empty.</summary>
    public int Count => _keys;

    /// <summary>The items of one batch, in order of arrival.</summary>
    public ReadOnlySpan<int> this[int wave] =>
        _order.AsSpan((wave == 0 ? 0 : _ends[wave - 1])..(_ends[wave]));

    /// <summary>A stable counting sort by model, then by wave within the model.</summary>
    public void Sort(ReadOnlySpan<Item> items, int models)
    {
        if (_order.Length < items.Length)
            _order = new int[Math.Max(items.Length, 2 * _order.Length)];
        if (_firstKey.Length < models + 1)
            _firstKey = new int[models + 1];
        FindKeys(items, models);
        if (_ends.Length < _keys)
            _ends = new int[Math.Max(_keys, 2 * _ends.Length)];

        _ends.AsSpan(0, _keys).Clear();
        var sorted = 0;
        foreach (ref readonly var item in items)
            if (item.Kind != ItemKind.Again)
                _ends[_firstKey[item.Model] + item.Wave]++;
        for (var key = 0; key < _keys; key++)
            (_ends[key], sorted) = (sorted, sorted + _ends[key]);
        for (var i = 0; i < items.Length; i++)
            if (items[i].Kind != ItemKind.Again)
                _order[_ends[_firstKey[items[i].Model] + items[i].Wave]++] = i;
    }

    // A model's keys follow each other, as many as it has waves.
    private void FindKeys(ReadOnlySpan<Item> items, int models)
    {
        var waves = _firstKey.AsSpan(0, models + 1);
        waves.Clear();
        foreach (ref readonly var item in items)
            if (item.Kind != ItemKind.Again && waves[item.Model] <= item.Wave)
                waves[item.Model] = item.Wave + 1;
        _keys = 0;
        for (var model = 0; model < models; model++)
            (waves[model], _keys) = (_keys, _keys + waves[model]);
    }
}
