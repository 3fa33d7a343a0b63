using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Realtime.Cells.Tests.Files;

/// <summary>
/// Every kind of damage is refused with one line that names the file, the key or tensor, and both sides.
/// </summary>
public sealed class DamagedModelTests
{
    /// <summary>What is done to a good file, the place the message must name, and words it must hold.</summary>
    private static readonly (string Name, Action<RawModel> Damage, string Place, string[] Words)[] Damages =
    [
        // The description's top level.
        ("format 3", m => m.Description["format"] = 3, "format", ["expected 1 or 2", "found 3"]),
        ("format 0", m => m.Description["format"] = 0, "format", ["expected 1 or 2", "found 0"]),
        ("format text", m => m.Description["format"] = "1", "format", ["expected 1", "'1'"]),
        ("no format", m => m.Description.Remove("format"), "format", ["none"]),
        ("format 3 with more keys", m => { m.Description["format"] = 3; m.Description["derived"] = 1; },
            "format", ["found 3"]),
        ("format 2 with more keys", m => { m.Description["format"] = 2; m.Description["derived"] = 1; },
            "derived", ["unknown key", "features", "adapt", "intervals", "score"]),
        ("features in format 1", m => m.Description["features"] = new JsonArray(), "features", ["unknown key"]),
        ("adapt in format 1", m => m.Description["adapt"] = new JsonObject(), "adapt", ["unknown key"]),
        ("intervals in format 1", m => m.Description["intervals"] = RawModel.Json("[0.8]"),
            "intervals", ["unknown key"]),
        ("score in format 1", m => m.Description["score"] = true, "score", ["unknown key"]),
        ("target in format 1", m => m.Part("forecast")["target"] = "value", "forecast.target", ["unknown key"]),
        ("normalise.clip in format 1",
            m => m.Description["normalise"] = RawModel.Json("""{"kind":"running","halfLife":9,"clip":5}"""),
            "normalise.clip", ["unknown key"]),
        ("unknown key", m => m.Description["colour"] = "red", "colour", ["unknown key", "normalise"]),
        ("no name", m => m.Description.Remove("name"), "name", ["expected"]),
        ("empty name", m => m.Description["name"] = "", "name", ["empty"]),
        ("name with a line break", m => m.Description["name"] = "a\nb", "name", ["control characters"]),
        ("name a number", m => m.Description["name"] = 3, "name", ["expected a string", "found 3"]),
        ("no inputs", m => m.Description["inputs"] = new JsonArray(), "inputs", ["at least one"]),
        ("inputs twice", m => m.Description["inputs"] = RawModel.Json("""["value","value"]"""),
            "inputs[1]", ["'value'", "twice"]),
        ("inputs a string", m => m.Description["inputs"] = "value", "inputs", ["expected an array", "'value'"]),
        ("no layers", m => m.Description["layers"] = new JsonArray(), "layers", ["dense head"]),
        ("layers an object", m => m.Description["layers"] = new JsonObject(), "layers", ["expected an array"]),
        ("description an array", m => m.EditDescription = _ => "[]", "description", ["expected an object"]),
        ("description not JSON", m => m.EditDescription = _ => "{", "__metadata__.realtime", ["JSON"]),
        ("description with a rest", m => m.EditDescription = text => text + "x", "__metadata__.realtime", ["JSON"]),
        ("key twice in the description", m => m.EditDescription = text => Twice(text, "\"hidden\":4"),
            "__metadata__.realtime", ["'hidden'", "twice"]),
        ("half a surrogate pair", m => m.EditDescription = text => text.Replace("pump", "\\ud800"),
            "__metadata__.realtime", ["Unicode"]),

        // Normalisation.
        ("unknown normalisation", m => m.Part("normalise")["kind"] = "minmax",
            "normalise.kind", ["none, fixed or running", "minmax"]),
        ("mean too short", m => m.Part("normalise")["mean"] = RawModel.Json("[1]"),
            "normalise.mean", ["that is 2", "found 1"]),
        ("std zero", m => m.Part("normalise")["std"] = RawModel.Json("[1,0]"),
            "normalise.std[1]", ["above 0", "found 0"]),
        ("std negative", m => m.Part("normalise")["std"] = RawModel.Json("[-1,1]"), "normalise.std[0]", ["found -1"]),
        ("mean too large", m => m.Part("normalise")["mean"] = RawModel.Json("[1,1e999]"),
            "normalise.mean[1]", ["finite"]),
        ("halfLife beside fixed", m => m.Part("normalise")["halfLife"] = 5, "normalise.halfLife", ["unknown key"]),
        ("halfLife zero", m => m.Description["normalise"] = RawModel.Json("""{"kind":"running","halfLife":0}"""),
            "normalise.halfLife", ["above 0", "found 0"]),
        ("no halfLife", m => m.Description["normalise"] = RawModel.Json("""{"kind":"running"}"""),
            "normalise.halfLife", ["none"]),

        // The chain of layers.
        ("unknown kind", m => m.Layer(0)["kind"] = "transformer", "layers[0].kind", ["gru", "transformer"]),
        ("unknown key in a layer", m => m.Layer(0)["activation"] = "tanh",
            "layers[0].activation", ["unknown key", "resetAfter"]),
        ("layer name twice", m => m.Layer(2)["name"] = "rnn0", "layers[2].name", ["'rnn0'", "twice"]),
        ("inputs do not chain", m => m.Layer(2)["inputs"] = 5, "layers[2].inputs", ["expected 4", "'drop'", "found 5"]),
        ("first layer's inputs", m => m.Layer(0)["inputs"] = 3,
            "layers[0].inputs", ["expected 2", "inputs of the model", "found 3"]),
        ("hidden zero", m => m.Layer(0)["hidden"] = 0, "layers[0].hidden", ["from 1", "found 0"]),
        ("hidden a fraction", m => m.Layer(0)["hidden"] = 4.5, "layers[0].hidden", ["whole number", "found 4.5"]),
        ("hidden beyond int", m => m.Layer(0)["hidden"] = 99999999999, "layers[0].hidden", ["found 99999999999"]),
        ("hidden does not fit", m => m.Layer(0)["hidden"] = 6, "tensor 'rnn0.weight_ih'", ["[18, 2]", "found [12, 2]"]),
        ("resetAfter a number", m => m.Layer(0)["resetAfter"] = 1,
            "layers[0].resetAfter", ["true or false", "found 1"]),
        ("dropout rate 1", m => m.Layer(1)["rate"] = 1, "layers[1].rate", ["found 1"]),
        ("dropout with inputs", m => m.Layer(1)["inputs"] = 4, "layers[1].inputs", ["unknown key"]),
        ("no activation", m => m.Layer(3).Remove("activation"), "layers[3].activation", ["none"]),
        ("unknown activation", m => m.Layer(4)["activation"] = "gelu", "layers[4].activation", ["linear", "'gelu'"]),
        ("softmax before the head", m => m.Layer(3)["activation"] = "softmax", "layers[3].activation", ["'softmax'"]),
        ("rnn with sigmoid", m => { m.Layer(0)["kind"] = "rnn"; m.Layer(0)["activation"] = "sigmoid"; },
            "layers[0].activation", ["tanh, relu", "'sigmoid'"]),
        ("no head", m => m.Description["layers"]!.AsArray().RemoveAt(4),
            "forecast", ["expected 5", "'mid'", "found 12"]),
        ("recurrent head", m => { m.Layer(4)["kind"] = "gru"; }, "layers[4].kind", ["dense", "'gru'"]),
        ("dropout last", m => m.Description["layers"]!.AsArray()
                .Add(RawModel.Json("""{"name":"d","kind":"dropout","rate":0}""")),
            "layers[5].kind", ["dense", "'dropout'"]),
        ("embedding in the middle", m => m.Description["layers"]!.AsArray()
                .Insert(1, RawModel.Json("""{"name":"e","kind":"embedding","vocabulary":3,"outputs":4}""")),
            "layers[1].kind", ["first layer"]),

        // The forecast.
        ("horizons from 0", m => m.Part("forecast")["horizons"] = RawModel.Json("[0,1]"),
            "forecast.horizons[0]", ["found 0"]),
        ("horizons descend", m => m.Part("forecast")["horizons"] = RawModel.Json("[2,1]"),
            "forecast.horizons[1]", ["more than 2", "found 1"]),
        ("horizon twice", m => m.Part("forecast")["horizons"] = RawModel.Json("[1,1]"),
            "forecast.horizons[1]", ["found 1"]),
        ("no horizons", m => m.Part("forecast")["horizons"] = new JsonArray(), "forecast.horizons", ["at least one"]),
        ("output twice", m => m.Part("forecast")["outputs"] = RawModel.Json("""["value","value"]"""),
            "forecast.outputs[1]", ["twice"]),
        ("quantile 0", m => m.Part("forecast")["quantiles"] = RawModel.Json("[0,0.5]"),
            "forecast.quantiles[0]", ["found 0"]),
        ("quantile 1", m => m.Part("forecast")["quantiles"] = RawModel.Json("[0.5,1]"),
            "forecast.quantiles[1]", ["found 1"]),
        ("quantiles descend", m => m.Part("forecast")["quantiles"] = RawModel.Json("[0.9,0.1]"),
            "forecast.quantiles[1]", ["found 0.1"]),
        ("head too small", m => m.Part("forecast")["horizons"] = RawModel.Json("[1,2,3]"),
            "forecast", ["expected 12", "'head'", "found 18"]),
        ("unknown key in forecast", m => m.Part("forecast")["intervals"] = 1, "forecast.intervals", ["unknown key"]),
        ("scale too short", m => m.Part("forecast")["scale"]!["mean"] = RawModel.Json("[1]"),
            "forecast.scale.mean", ["that is 2", "found 1"]),
        ("scale std zero", m => m.Part("forecast")["scale"]!["std"] = RawModel.Json("[1,0]"),
            "forecast.scale.std[1]", ["found 0"]),
        ("scale without need", m => m.Part("forecast")["outputs"] = RawModel.Json("""["value","speed"]"""),
            "forecast.scale", ["every output is an input"]),
        ("classes with horizons", m => m.Part("forecast")["classes"] = RawModel.Json("""["ok","fault"]"""),
            "forecast.classes", ["softmax or sigmoid", "linear"]),
        ("horizons beside classes",
            m => { m.Layer(4)["activation"] = "softmax"; m.Part("forecast")["classes"] = Names(12); },
            "forecast", ["unknown key"]),
        ("too few classes",
            m =>
            {
                m.Layer(4)["activation"] = "softmax";
                m.Description["forecast"] = new JsonObject { ["classes"] = Names(11) };
            },
            "forecast.classes", ["expected 12", "found 11"]),

        // Tensors.
        ("missing tensor", m => m.Tensors.Remove(m.Tensor("rnn1.bias_hh")),
            "tensor 'rnn1.bias_hh'", ["[12]", "no such tensor"]),
        ("surplus tensor", m => m.Tensors.Add(new RawTensor("rnn2.bias_hh", 3)), "tensor 'rnn2.bias_hh'", ["surplus"]),
        ("transposed tensor", m => m.Tensor("head.weight").Shape = [5, 12],
            "tensor 'head.weight'", ["expected shape [12, 5]", "found [5, 12]"]),
        ("flat tensor", m => m.Tensor("head.weight").Shape = [60], "tensor 'head.weight'", ["found [60]"]),
        ("NaN weight", m => m.Tensor("rnn0.weight_hh").Set(9, float.NaN), "tensor 'rnn0.weight_hh'", ["NaN", "[2, 1]"]),
        ("infinite bias", m => m.Tensor("head.bias").Set(11, float.NegativeInfinity),
            "tensor 'head.bias'", ["finite", "[11]"]),
        ("dtype F64", m => m.Tensor("mid.bias").Dtype = "F64", "tensor 'mid.bias'.dtype", ["F32, F16 or BF16", "F64"]),
        ("dtype I32", m => m.Tensor("mid.bias").Dtype = "I32", "tensor 'mid.bias'.dtype", ["I32"]),
        ("dtype half the size", m => m.Tensor("mid.bias").Dtype = "F16",
            "tensor 'mid.bias'", ["expected 10 bytes", "found 20"]),
        ("shape with a rest", m => m.Tensor("mid.bias").Shape = [4],
            "tensor 'mid.bias'", ["expected 16 bytes", "found 20"]),
        ("shape that overflows", m => m.Tensor("mid.bias").Shape = [2147483647, 2147483647, 2147483647],
            "tensor 'mid.bias'", ["found 20"]),
        ("negative shape", m => m.Tensor("mid.bias").Shape = [-5], "tensor 'mid.bias'.shape[0]", ["found -5"]),

        // The container.
        ("tensor twice", m => m.Tensors.Add(new RawTensor("mid.bias", 5)), "header", ["'mid.bias'", "twice"]),
        ("dtype twice", m => m.EditHeader = text => Twice(text, "\"dtype\":\"F32\""),
            "header", ["'dtype'", "twice"]),
        ("unknown key of a tensor",
            m => m.EditHeader = text => text.Replace("\"shape\":[12,2]", "\"shape\":[12,2],\"sparse\":1"),
            "tensor 'rnn0.weight_ih'.sparse", ["unknown key"]),
        ("overlap", m => m.EditHeader = text => text.Replace("\"data_offsets\":[96,288]", "\"data_offsets\":[92,284]"),
            "tensor 'rnn0.weight_hh'", ["overlaps", "'rnn0.weight_ih'"]),
        ("hole", m => { m.Tensors.Insert(1, new RawTensor("gap", 1)); m.EditHeader = text => Without(text, "gap"); },
            "tensor 'rnn0.weight_hh'", ["4 bytes", "no tensor"]),
        ("offsets beyond the data", m => m.EditHeader = text => text.Replace("[1136,1184]", "[1136,1188]"),
            "tensor 'head.bias'.data_offsets", ["1184", "1188"]),
        ("offsets backwards", m => m.EditHeader = text => text.Replace("[96,288]", "[288,96]"),
            "tensor 'rnn0.weight_hh'.data_offsets", ["[288, 96]"]),
        ("offsets huge", m => m.EditHeader = text => text.Replace("[96,288]", "[96,9223372036854775807]"),
            "tensor 'rnn0.weight_hh'.data_offsets", ["9223372036854775807"]),
        ("offsets negative", m => m.EditHeader = text => text.Replace("[96,288]", "[-96,288]"),
            "tensor 'rnn0.weight_hh'.data_offsets[0]", ["-96"]),
        ("one offset", m => m.EditHeader = text => text.Replace("[96,288]", "[96]"),
            "tensor 'rnn0.weight_hh'.data_offsets", ["[96]"]),
        ("bytes behind the data", m => m.Rest = 3, "file", ["last 3 bytes"]),
        ("tensor not an object",
            m => m.EditHeader = text => text.Replace("{\"__metadata__\"", "{\"x\":1,\"__metadata__\""),
            "tensor 'x'", ["expected an object", "found 1"]),
        ("header not JSON", m => m.EditHeader = text => text[..^1] + "]", "header", ["JSON"]),
        ("header an array", m => m.EditHeader = _ => "[]", "header", ["expected an object"]),
        ("no metadata", m => m.EditHeader = text => text.Replace("__metadata__", "other"), "tensor 'other'", []),
        ("metadata of another program", m => m.MetadataKey = "format",
            "__metadata__.format", ["unknown key", "realtime"]),
        ("metadata a number",
            m => m.EditHeader = text => text.Replace("{\"__metadata__\":{", "{\"__metadata__\":{\"n\":1,"),
            "__metadata__.n", ["expected a string", "found 1"]),
        ("empty header", m => m.EditHeader = _ => "", "header", ["JSON"]),
    ];

    public static TheoryData<string> Cases => new(Damages.Select(damage => damage.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_DamagedFile_NamesTheCulprit(string name)
    {
        (_, Action<RawModel> damage, string place, string[] words) = Damages.Single(d => d.Name == name);
        var raw = new RawModel();
        damage(raw);
        byte[] file = raw.ToBytes();
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(file, "pump.safetensors"));
        Assert.StartsWith("pump.safetensors: ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.StartsWith(place, e.Place, StringComparison.Ordinal);
        foreach (string word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutShortAnywhere_IsRefused()
    {
        byte[] file = new RawModel().ToBytes();
        for (int length = 0; length < file.Length; length++)
            Assert.Throws<ModelFormatException>(() => Model.Read(file[..length], "cut"));
    }

    [Fact]
    public void Read_AnyByteChanged_IsReadOrRefusedButNeverCrashes()
    {
        byte[] good = new RawModel().ToBytes();
        var random = new Random(1);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] file = (byte[])good.Clone();
            for (int i = random.Next(1, 4); i > 0; i--) file[random.Next(file.Length - 1184)] = (byte)random.Next(256);
            try
            {
                Model.Read(file, "changed");
            }
            catch (ModelFormatException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }
    }

    [Fact]
    public void Read_HeaderNotUtf8_SaysSo()
    {
        byte[] file = new RawModel().ToBytes();
        file[20] = 0xff;
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(file, "latin"));
        Assert.Equal("latin: header: expected UTF-8 text, found other bytes", e.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(100_000_001UL)]
    public void Read_HeaderLengthBeyondTheLimit_SaysSo(ulong length)
    {
        byte[] file = new RawModel().ToBytes();
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(file, "long"));
        Assert.Contains($"at most 100000000 bytes, found {length}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DeeplyNestedDescription_IsRefused()
    {
        var raw = new RawModel { EditDescription = _ => new string('[', 100_000) };
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(raw.ToBytes(), "deep"));
        Assert.Equal("__metadata__.realtime", e.Place);
    }

    [Fact]
    public void Load_MissingFile_NamesIt()
    {
        string path = Path.Combine(Path.GetTempPath(), "no-such-model.safetensors");
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Load(path));
        Assert.StartsWith($"{path}: file: cannot be read", e.Message, StringComparison.Ordinal);
    }

    private static JsonArray Names(int count) => [.. Enumerable.Range(0, count).Select(i => (JsonNode)$"c{i}")];

    /// <summary>The first member of that text, and the same once more.</summary>
    private static string Twice(string json, string member) =>
        json.Insert(json.IndexOf(member, StringComparison.Ordinal), member + ",");

    private static string Without(string header, string tensor)
    {
        int start = header.IndexOf($",\"{tensor}\":", StringComparison.Ordinal);
        return header.Remove(start, header.IndexOf('}', start) + 1 - start);
    }
}
