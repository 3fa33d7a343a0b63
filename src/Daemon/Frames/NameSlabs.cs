namespace Realtime.Daemon.Frames;

/// <summary>The streams' names by row.</summary>
internal sealed class NameSlabs
{
    private byte[]?[][] _slabs = [];

    /// <summary>The UTF-8 name of the stream in a row in use.</summary>
    public byte[] this[int row]
    {
        get => _slabs[(uint)row / RowSlabs.Rows][(uint)row % RowSlabs.Rows]!;
        set => _slabs[(uint)row / RowSlabs.Rows][(uint)row % RowSlabs.Rows] = value;
    }

    public void Add() => _slabs = [.. _slabs, new byte[RowSlabs.Rows][]];

    public void Remove(int row) => _slabs[(uint)row / RowSlabs.Rows][(uint)row % RowSlabs.Rows] = null;
}
