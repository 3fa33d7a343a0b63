using System.Buffers.Binary;

namespace Realtime.Cells.Files;

/// <summary>
/// The tensors of a file, each taken once by the layer it belongs to; what is left at the end is surplus.
/// </summary>
internal sealed class TensorTable(SafetensorsFile file, Origin origin)
{
    private readonly Dictionary<string, StoredTensor> _left =
        file.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);

    /// <summary>The values of a tensor widened to float32, in row order.</summary>
    public float[] Take(string name, params long[] shape)
    {
        string place = $"tensor '{name}'";
        if (!_left.Remove(name, out StoredTensor? tensor))
            throw origin.Fault(place, $"expected shape {SafetensorsFile.Shown(shape)}, found no such tensor");
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            throw origin.Fault(place,
                $"expected shape {SafetensorsFile.Shown(shape)}, found {SafetensorsFile.Shown(tensor.Shape)}");
        }

        float[] values = Widen(tensor);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw origin.Fault(place, $"expected finite numbers, found {values[i]} at {IndexOf(i, shape)}");
        }

        return values;
    }

    /// <summary>Call when every layer has taken its tensors.</summary>
    public void RefuseSurplus()
    {
        foreach (string name in _left.Keys) throw origin.Fault($"tensor '{name}'", "surplus: it belongs to no layer");
    }

    private float[] Widen(StoredTensor tensor)
    {
        ReadOnlySpan<byte> bytes = file.Bytes.AsSpan(tensor.Begin..tensor.End);
        var values = new float[bytes.Length / (tensor.Dtype == "F32" ? 4 : 2)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = tensor.Dtype switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]),
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                _ => ReadBrainFloat(bytes[(2 * i)..]),
            };
        }

        return values;
    }

    /// <summary>A BF16 is the upper half of a float32.</summary>
    private static float ReadBrainFloat(ReadOnlySpan<byte> bytes) =>
        BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16);

    private static string IndexOf(int i, long[] shape) =>
        shape.Length == 1 ? $"[{i}]" : $"[{i / shape[1]}, {i % shape[1]}]";
}
