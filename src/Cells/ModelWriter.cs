using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Realtime.Cells.Files;

namespace Realtime.Cells;

/// <summary>Writes a model file: the same parts give the same bytes.</summary>
public static class ModelWriter
{
    private const int Alignment = 8;

    /// <summary>
    /// The bytes of a model file with F32 tensors. What this program would refuse to read is not written.
    /// </summary>
    /// <exception cref="ModelFormatException">The parts do not make a valid model.</exception>
    public static byte[] Write(string name, IReadOnlyList<string> inputs, Normalisation normalisation,
        IReadOnlyList<Layer> layers, Forecast forecast, ModelAdditions? additions = null)
    {
        string description = Describe(
            name, inputs, normalisation, layers, forecast, additions ?? ModelAdditions.None);
        Tensor[] tensors = layers.SelectMany(layer => layer.Tensors).ToArray();
        byte[] file = Assemble(HeaderOf(description, tensors), tensors);
        Model.Read(file, name);
        return file;
    }

    /// <summary>The same for a model that was read or changed in part.</summary>
    public static byte[] Write(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Write(model.Name, model.Inputs, model.Normalisation, model.Layers, model.Forecast, model.Additions);
    }

    private static byte[] Assemble(byte[] header, Tensor[] tensors)
    {
        int padded = (header.Length + Alignment - 1) / Alignment * Alignment;
        var file = new byte[checked(Alignment + padded + tensors.Sum(tensor => sizeof(float) * tensor.Values.Length))];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)padded);
        header.CopyTo(file, Alignment);
        file.AsSpan(Alignment + header.Length, padded - header.Length).Fill((byte)' ');
        int at = Alignment + padded;
        foreach (Tensor tensor in tensors)
        {
            foreach (float value in tensor.Values.Span)
            {
                BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(at), value);
                at += sizeof(float);
            }
        }

        return file;
    }

    private static byte[] HeaderOf(string description, Tensor[] tensors) => Json(json =>
    {
        json.WriteStartObject("__metadata__");
        json.WriteString("realtime", description);
        json.WriteEndObject();
        long at = 0;
        foreach (Tensor tensor in tensors)
        {
            long end = at + (long)sizeof(float) * tensor.Values.Length;
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", "F32");
            Numbers(json, "shape", tensor.Shape);
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(at);
            json.WriteNumberValue(end);
            json.WriteEndArray();
            json.WriteEndObject();
            at = end;
        }
    });

    private static string Describe(string name, IReadOnlyList<string> inputs, Normalisation normalisation,
        IReadOnlyList<Layer> layers, Forecast forecast, ModelAdditions additions) =>
        Encoding.UTF8.GetString(Json(json =>
    {
        bool plain = additions.AreNone && forecast.IsOfFormat1 && normalisation.Clip == Normalisation.DefaultClip;
        json.WriteNumber("format", plain ? 1 : 2);
        json.WriteString("name", name);
        Strings(json, "inputs", inputs);
        json.WriteStartObject("normalise");
        WriteNormalisation(json, normalisation);
        json.WriteEndObject();
        AdditionsWriter.WriteFeatures(json, additions.Features);
        json.WriteStartArray("layers");
        foreach (Layer layer in layers) WriteLayer(json, layer);
        json.WriteEndArray();
        json.WriteStartObject("forecast");
        WriteForecast(json, forecast);
        json.WriteEndObject();
        AdditionsWriter.WriteLearning(json, additions);
    }));

    private static void WriteNormalisation(Utf8JsonWriter json, Normalisation normalisation)
    {
        switch (normalisation.Kind)
        {
            case NormalisationKind.None:
                json.WriteString("kind", "none");
                break;
            case NormalisationKind.Fixed:
                json.WriteString("kind", "fixed");
                Numbers(json, "mean", normalisation.Mean);
                Numbers(json, "std", normalisation.Std);
                break;
            case NormalisationKind.Running:
                json.WriteString("kind", "running");
                json.WriteNumber("halfLife", normalisation.HalfLife);
                if (normalisation.Clip != Normalisation.DefaultClip) json.WriteNumber("clip", normalisation.Clip);
                break;
        }
    }

    private static void WriteLayer(Utf8JsonWriter json, Layer layer)
    {
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteString("kind", layer.Kind);
        switch (layer)
        {
            case EmbeddingLayer embedding:
                json.WriteNumber("vocabulary", embedding.Vocabulary);
                json.WriteNumber("outputs", embedding.Outputs);
                break;
            case DropoutLayer dropout:
                json.WriteNumber("rate", dropout.Rate);
                break;
            default:
                json.WriteNumber("inputs", layer.Inputs);
                json.WriteNumber(layer is DenseLayer ? "outputs" : "hidden", layer.Outputs);
                break;
        }

        if (layer is DenseLayer dense) json.WriteString("activation", LayerReader.NameOf(dense.Activation));
        if (layer is RnnLayer rnn) json.WriteString("activation", LayerReader.NameOf(rnn.Activation));
        if (layer is GruLayer gru) json.WriteBoolean("resetAfter", gru.ResetAfter);
        json.WriteEndObject();
    }

    private static void WriteForecast(Utf8JsonWriter json, Forecast forecast)
    {
        if (forecast.Classes is not null)
        {
            Strings(json, "classes", forecast.Classes);
            return;
        }

        Numbers(json, "horizons", forecast.Horizons);
        Strings(json, "outputs", forecast.Outputs);
        Numbers(json, "quantiles", forecast.Quantiles);
        if (forecast.Scale is not null)
        {
            json.WriteStartObject("scale");
            Numbers(json, "mean", forecast.Scale.Mean);
            Numbers(json, "std", forecast.Scale.Std);
            json.WriteEndObject();
        }

        if (forecast.Target == ForecastTarget.Difference) json.WriteString("target", "difference");
        if (forecast.Clip != Forecast.DefaultClip) json.WriteNumber("clip", forecast.Clip);
        if (forecast.Distribution == ForecastDistribution.Normal) json.WriteString("distribution", "normal");
        if (forecast.DifferenceStd is { } stds) Numbers(json, "differenceStd", stds);
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Strings(Utf8JsonWriter json, string key, IReadOnlyList<string> values)
    {
        json.WriteStartArray(key);
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string key, IReadOnlyList<int> values)
    {
        json.WriteStartArray(key);
        foreach (int value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string key, IReadOnlyList<double> values)
    {
        json.WriteStartArray(key);
        foreach (double value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
