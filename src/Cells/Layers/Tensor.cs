namespace Realtime.Cells;

/// <summary>
/// One weight tensor: its name in the file, its shape (rows, columns; or one length), its values in row order.
/// </summary>
public sealed class Tensor
{
    /// <exception cref="ArgumentException">The number of values is not the product of the shape.</exception>
    public Tensor(string name, int[] shape, ReadOnlyMemory<float> values)
    {
        long count = 1;
        foreach (int length in shape) count *= length;
        if (count != values.Length)
            throw new ArgumentException($"{name}: expected {count} values, found {values.Length}", nameof(values));
        Name = name;
        Shape = shape;
        Values = values;
    }

    public string Name { get; }
    public IReadOnlyList<int> Shape { get; }
    public ReadOnlyMemory<float> Values { get; }
}
