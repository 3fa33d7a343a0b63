using System.Buffers.Binary;
using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>One tensor as the header of a safetensors file lists it; Begin and End are offsets into the file.</summary>
internal sealed record StoredTensor(string Name, string Dtype, long[] Shape, int Begin, int End);

/// <summary>
/// The safetensors container: u64 little-endian header length, JSON header, data. Checked as the format's own reader
/// does: the tensors cover the data without overlap, hole or rest.
/// </summary>
internal sealed class SafetensorsFile
{
    /// <summary>The format's own limit on the header.</summary>
    public const int MaxHeader = 100_000_000;

    private const int LengthBytes = 8;

    private SafetensorsFile(byte[] bytes, Dictionary<string, string> metadata, List<StoredTensor> tensors)
    {
        Bytes = bytes;
        Metadata = metadata;
        Tensors = tensors;
    }

    public byte[] Bytes { get; }
    public IReadOnlyDictionary<string, string> Metadata { get; }
    public IReadOnlyList<StoredTensor> Tensors { get; }

    public static SafetensorsFile Read(byte[] file, Origin origin)
    {
        int data = LengthBytes + HeaderLength(file, origin);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var tensors = new List<StoredTensor>();
        using JsonDocument header = JsonText.Parse(file.AsMemory(LengthBytes..data), "header", origin);
        if (header.RootElement.ValueKind != JsonValueKind.Object)
            throw origin.Fault("header", $"expected an object, found {Fields.Kind(header.RootElement)}");
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__") ReadMetadata(entry.Value, metadata, origin);
            else tensors.Add(ReadEntry(entry.Name, entry.Value, data, file.Length, origin));
        }

        RefuseOverlapsAndHoles(tensors, data, file.Length, origin);
        return new SafetensorsFile(file, metadata, tensors);
    }

    private static int HeaderLength(byte[] file, Origin origin)
    {
        if (file.Length < LengthBytes)
        {
            throw origin.Fault(
                "file", $"expected a safetensors file of at least {LengthBytes} bytes, found {file.Length}");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length > MaxHeader)
        {
            throw origin.Fault("header",
                $"expected a length of at most {MaxHeader} bytes, found {length} (not a safetensors file?)");
        }

        if (length > (ulong)(file.Length - LengthBytes))
        {
            throw origin.Fault(
                "header", $"expected {length} bytes, found {file.Length - LengthBytes}: the file is cut short");
        }

        return (int)length;
    }

    private static void ReadMetadata(JsonElement element, Dictionary<string, string> metadata, Origin origin)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw origin.Fault("__metadata__", $"expected an object, found {Fields.Kind(element)}");
        foreach (JsonProperty entry in element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw origin.Fault(
                    $"__metadata__.{entry.Name}", $"expected a string, found {Fields.Kind(entry.Value)}");
            }

            metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private static StoredTensor ReadEntry(string name, JsonElement element, int data, int end, Origin origin)
    {
        string place = $"tensor '{name}'";
        var fields = new Fields(element, place, origin);
        string dtype = fields.TakeText("dtype");
        long[] shape = LongsOf(fields, "shape");
        long[] offsets = LongsOf(fields, "data_offsets");
        fields.RefuseUnknown();
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > end - data)
        {
            throw origin.Fault(fields.At("data_offsets"),
                $"expected begin and end within the {end - data} bytes of data, found [{string.Join(", ", offsets)}]");
        }

        int width = WidthOf(dtype)
            ?? throw origin.Fault(fields.At("dtype"), $"expected F32, F16 or BF16, found {dtype}");
        UInt128 size = (UInt128)width;
        foreach (long length in shape)
        {
            size *= (UInt128)length;
            if (size > int.MaxValue) break;
        }

        if (size != (UInt128)(offsets[1] - offsets[0]))
        {
            throw origin.Fault(place,
                $"expected {size} bytes for {dtype} {Shown(shape)}, found {offsets[1] - offsets[0]}");
        }

        return new StoredTensor(name, dtype, shape, data + (int)offsets[0], data + (int)offsets[1]);
    }

    private static long[] LongsOf(Fields fields, string key)
    {
        JsonElement[] elements = fields.TakeElements(key);
        var numbers = new long[elements.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (elements[i].ValueKind != JsonValueKind.Number || !elements[i].TryGetInt64(out numbers[i])
                || numbers[i] < 0)
            {
                throw fields.Origin.Fault($"{fields.At(key)}[{i}]",
                    $"expected a whole number from 0, found {Fields.Kind(elements[i])}");
            }
        }

        return numbers;
    }

    private static void RefuseOverlapsAndHoles(List<StoredTensor> tensors, int data, int end, Origin origin)
    {
        int at = data;
        StoredTensor? before = null;
        foreach (StoredTensor tensor in tensors.OrderBy(t => t.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin < at)
                throw origin.Fault($"tensor '{tensor.Name}'", $"its data overlaps that of tensor '{before!.Name}'");
            if (tensor.Begin > at)
            {
                throw origin.Fault(
                    $"tensor '{tensor.Name}'", $"{tensor.Begin - at} bytes of data before it belong to no tensor");
            }

            at = tensor.End;
            before = tensor;
        }

        if (at != end) throw origin.Fault("file", $"the last {end - at} bytes of data belong to no tensor");
    }

    public static string Shown(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    private static int? WidthOf(string dtype) => dtype switch
    {
        "F32" => 4,
        "F16" or "BF16" => 2,
        _ => null,
    };
}
