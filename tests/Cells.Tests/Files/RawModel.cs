using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Realtime.Cells.Tests.Files;

/// <summary>A model file in parts that a test can damage: written by hand, not by the product's writer.</summary>
internal sealed class RawModel
{
    public JsonObject Description { get; } = JsonNode.Parse("""
        {
          "format": 1,
          "name": "pump-vibration",
          "inputs": ["value", "speed"],
          "normalise": {"kind": "fixed", "mean": [20.1, 1], "std": [3.2, 2]},
          "layers": [
            {"name": "rnn0", "kind": "gru", "inputs": 2, "hidden": 4},
            {"name": "drop", "kind": "dropout", "rate": 0.1},
            {"name": "rnn1", "kind": "lstm", "inputs": 4, "hidden": 3},
            {"name": "mid", "kind": "dense", "inputs": 3, "outputs": 5, "activation": "tanh"},
            {"name": "head", "kind": "dense", "inputs": 5, "outputs": 12, "activation": "linear"}
          ],
          "forecast": {"horizons": [1, 2], "outputs": ["value", "life"], "quantiles": [0.1, 0.9],
                       "scale": {"mean": [0, 50], "std": [1, 10]}}
        }
        """)!.AsObject();

    public List<RawTensor> Tensors { get; } =
    [
        new("rnn0.weight_ih", 12, 2), new("rnn0.weight_hh", 12, 4), new("rnn0.bias_ih", 12), new("rnn0.bias_hh", 12),
        new("rnn1.weight_ih", 12, 4), new("rnn1.weight_hh", 12, 3), new("rnn1.bias_ih", 12), new("rnn1.bias_hh", 12),
        new("mid.weight", 5, 3), new("mid.bias", 5), new("head.weight", 12, 5), new("head.bias", 12),
    ];

    /// <summary>Changes the text of the description; what is no longer JSON can only be made so.</summary>
    public Func<string, string> EditDescription { get; set; } = text => text;

    /// <summary>Changes the text of the safetensors header.</summary>
    public Func<string, string> EditHeader { get; set; } = text => text;

    public string MetadataKey { get; set; } = "realtime";

    /// <summary>Bytes behind the last tensor.</summary>
    public int Rest { get; set; }

    public JsonObject Layer(int i) => Description["layers"]!.AsArray()[i]!.AsObject();

    public JsonObject Part(string key) => Description[key]!.AsObject();

    public RawTensor Tensor(string name) => Tensors.Single(tensor => tensor.Name == name);

    public static JsonNode Json(string text) => JsonNode.Parse(text)!;

    public byte[] ToBytes() =>
        [.. Assemble(EditDescription(Description.ToJsonString()), Tensors, MetadataKey, EditHeader), .. new byte[Rest]];

    /// <summary>A safetensors file with one entry of metadata.</summary>
    public static byte[] Assemble(string description, IEnumerable<RawTensor> tensors, string key = "realtime",
        Func<string, string>? editHeader = null)
    {
        var header = new StringBuilder($"{{\"__metadata__\":{{{Quoted(key)}:{Quoted(description)}}}");
        int at = 0;
        foreach (RawTensor tensor in tensors)
        {
            int end = at + tensor.Data.Length;
            header.Append($",{Quoted(tensor.Name)}:{{\"dtype\":\"{tensor.Dtype}\",");
            header.Append($"\"shape\":[{string.Join(',', tensor.Shape)}],\"data_offsets\":[{at},{end}]}}");
            at = end;
        }

        header.Append('}');
        byte[] text = Encoding.UTF8.GetBytes(editHeader?.Invoke(header.ToString()) ?? header.ToString());
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
        return [.. length, .. text, .. tensors.SelectMany(tensor => tensor.Data)];
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}

/// <summary>A tensor as bytes; new ones are F32 with small distinct values.</summary>
internal sealed class RawTensor
{
    public RawTensor(string name, params int[] shape)
    {
        Name = name;
        Shape = shape;
        int count = shape.Aggregate(1, (product, length) => product * length);
        float[] values = Enumerable.Range(0, count).Select(i => (i % 7 - 3) / 8f).ToArray();
        Data = values.SelectMany(BitConverter.GetBytes).ToArray();
    }

    public string Name { get; set; }
    public string Dtype { get; set; } = "F32";
    public int[] Shape { get; set; }
    public byte[] Data { get; set; }

    public float[] Floats =>
        [.. Enumerable.Range(0, Data.Length / 4).Select(i => BitConverter.ToSingle(Data, 4 * i))];

    public void Set(int i, float value) => BitConverter.GetBytes(value).CopyTo(Data, 4 * i);

    /// <summary>Stores the same values in two bytes each: they are exact in both half formats.</summary>
    public void Narrow(string dtype)
    {
        Data = Floats.SelectMany(value => dtype == "F16"
            ? BitConverter.GetBytes((Half)value)
            : BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))).ToArray();
        Dtype = dtype;
    }
}
