using System.Buffers.Binary;

namespace Realtime.Cells.Tests.Foreign;

/// <summary>An ONNX TensorProto, its elements as floats.</summary>
internal sealed record OnnxTensor(string Name, int[] Shape, float[] Values)
{
    private const int Float = 1, Int32 = 6, Int64 = 7, Half = 10, Double = 11;

    /// <param name="message">dims 1, data_type 2, float_data 4, int32_data 5, int64_data 7, name 8, raw_data 9.</param>
    public static OnnxTensor Read(ReadOnlySpan<byte> message)
    {
        var dims = new List<long>();
        var floats = new List<float>();
        var integers = new List<long>();
        byte[] raw = [];
        string name = "";
        long type = 0;
        var reader = new ProtobufReader(message);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1: reader.ReadIntegers(dims); break;
                case 2: type = reader.ReadInteger(); break;
                case 4: reader.ReadFloats(floats); break;
                case 5 or 7: reader.ReadIntegers(integers); break;
                case 8: name = reader.ReadText(); break;
                case 9: raw = reader.ReadBytes().ToArray(); break;
                default: reader.Skip(); break;
            }
        }

        int[] shape = [.. dims.Select(length => checked((int)length))];
        float[] values = raw.Length > 0 ? FromRaw(raw, type)
            : floats.Count > 0 ? [.. floats] : [.. integers.Select(value => (float)value)];
        int count = shape.Aggregate(1, (product, length) => product * length);
        if (values.Length != count)
            throw new InvalidDataException($"tensor '{name}': expected {count} elements, found {values.Length}");
        return new OnnxTensor(name, shape, values);
    }

    private static float[] FromRaw(byte[] raw, long type)
    {
        int width = type switch
        {
            Float or Int32 => 4,
            Int64 or Double => 8,
            Half => 2,
            _ => throw new NotExpressibleException($"tensor of ONNX data type {type}"),
        };
        var values = new float[raw.Length / width];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> element = raw.AsSpan(i * width, width);
            values[i] = type switch
            {
                Float => BinaryPrimitives.ReadSingleLittleEndian(element),
                Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
                Int64 => BinaryPrimitives.ReadInt64LittleEndian(element),
                Half => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
            };
        }

        return values;
    }
}

/// <summary>An ONNX AttributeProto: the kinds recurrent nodes carry.</summary>
internal sealed record OnnxAttribute(string Name, float Float, long Integer, string Text, string[] Texts)
{
    /// <param name="message">name 1, f 2, i 3, s 4, strings 9.</param>
    public static OnnxAttribute Read(ReadOnlySpan<byte> message)
    {
        string name = "", text = "";
        float number = 0;
        long integer = 0;
        var texts = new List<string>();
        var reader = new ProtobufReader(message);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1: name = reader.ReadText(); break;
                case 2: number = reader.ReadFloat(); break;
                case 3: integer = reader.ReadInteger(); break;
                case 4: text = reader.ReadText(); break;
                case 9: texts.Add(reader.ReadText()); break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxAttribute(name, number, integer, text, [.. texts]);
    }
}

/// <summary>An ONNX NodeProto; an input or output that is not used has an empty name.</summary>
internal sealed record OnnxNode(string Operator, string[] Inputs, string[] Outputs, OnnxAttribute[] Attributes)
{
    /// <param name="message">input 1, output 2, op_type 4, attribute 5.</param>
    public static OnnxNode Read(ReadOnlySpan<byte> message)
    {
        string type = "";
        List<string> inputs = [], outputs = [];
        var attributes = new List<OnnxAttribute>();
        var reader = new ProtobufReader(message);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1: inputs.Add(reader.ReadText()); break;
                case 2: outputs.Add(reader.ReadText()); break;
                case 4: type = reader.ReadText(); break;
                case 5: attributes.Add(OnnxAttribute.Read(reader.ReadBytes())); break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxNode(type, [.. inputs], [.. outputs], [.. attributes]);
    }

    public OnnxAttribute? Attribute(string name) => Attributes.SingleOrDefault(attribute => attribute.Name == name);

    public string InputAt(int i) => i < Inputs.Length ? Inputs[i] : "";

    public string OutputAt(int i) => i < Outputs.Length ? Outputs[i] : "";
}

/// <summary>
/// The graph of an ONNX ModelProto: nodes, weights inside the file, names of what goes in and comes out.
/// </summary>
internal sealed record OnnxGraph(OnnxNode[] Nodes, OnnxTensor[] Initializers, string[] Inputs, string[] Outputs)
{
    private const int GraphOfModel = 7;

    public static OnnxGraph Read(ReadOnlySpan<byte> model)
    {
        var reader = new ProtobufReader(model);
        while (reader.TryNext())
        {
            if (reader.Field == GraphOfModel) return ReadGraph(reader.ReadBytes());
            reader.Skip();
        }

        throw new InvalidDataException("expected an ONNX model, found no graph");
    }

    /// <param name="message">node 1, initializer 5, input 11, output 12.</param>
    private static OnnxGraph ReadGraph(ReadOnlySpan<byte> message)
    {
        var nodes = new List<OnnxNode>();
        var initializers = new List<OnnxTensor>();
        List<string> inputs = [], outputs = [];
        var reader = new ProtobufReader(message);
        while (reader.TryNext())
        {
            switch (reader.Field)
            {
                case 1: nodes.Add(OnnxNode.Read(reader.ReadBytes())); break;
                case 5: initializers.Add(OnnxTensor.Read(reader.ReadBytes())); break;
                case 11: inputs.Add(NameOf(reader.ReadBytes())); break;
                case 12: outputs.Add(NameOf(reader.ReadBytes())); break;
                default: reader.Skip(); break;
            }
        }

        return new OnnxGraph([.. nodes], [.. initializers], [.. inputs], [.. outputs]);
    }

    private static string NameOf(ReadOnlySpan<byte> valueInfo)
    {
        var reader = new ProtobufReader(valueInfo);
        while (reader.TryNext())
        {
            if (reader.Field == 1) return reader.ReadText();
            reader.Skip();
        }

        return "";
    }
}
