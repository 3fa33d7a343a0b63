using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.Files;

public sealed class ModelFileTests
{
    [Fact]
    public void Read_GoodFile_HasEveryPart()
    {
        byte[] file = new RawModel().ToBytes();
        Model model = Model.Read(file, "pump.safetensors");
        Assert.Equal("pump-vibration", model.Name);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), model.Digest);
        Assert.Equal(["value", "speed"], model.Inputs);
        Assert.Equal([20.1, 1], model.Normalisation.Mean);
        Assert.Equal([3.2, 2], model.Normalisation.Std);
        Assert.Equal(["gru", "dropout", "lstm", "dense", "dense"], model.Layers.Select(layer => layer.Kind));
        Assert.True(Assert.IsType<GruLayer>(model.Layers[0]).ResetAfter);
        Assert.Equal(0.1, Assert.IsType<DropoutLayer>(model.Layers[1]).Rate);
        Assert.Equal([1, 2], model.Forecast.Horizons);
        Assert.Equal(["value", "life"], model.Forecast.Outputs);
        Assert.Equal([0.1, 0.9], model.Forecast.Quantiles);
        Assert.Equal([0, 50], model.Forecast.Scale!.Mean);
        Assert.False(model.IsClassifier);
        Assert.Equal(12, model.OutputCount);
        Assert.Equal(12, model.PredictionCount);
        Assert.Null(model.Vocabulary);
    }

    [Fact]
    public void StateSlots_OfAStack_FollowTheLayers()
    {
        Model model = Model.Read(new RawModel().ToBytes(), "pump");
        Assert.Equal(10, model.StateFloats);
        Assert.Equal(
            [new StateSlot("rnn0", "h", 0, 4), new StateSlot("rnn1", "h", 4, 3), new StateSlot("rnn1", "c", 7, 3)],
            model.StateSlots);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Read_HalfPrecision_IsWidened(string dtype)
    {
        var raw = new RawModel();
        float[] expected = raw.Tensor("head.weight").Floats;
        foreach (RawTensor tensor in raw.Tensors) tensor.Narrow(dtype);
        Model model = Model.Read(raw.ToBytes(), "half");
        Assert.Equal(expected, model.Head.Weight.ToArray());
    }

    [Theory]
    [InlineData("F16", 0x7e00)]
    [InlineData("F16", 0x7c00)]
    [InlineData("BF16", 0xffc0)]
    [InlineData("BF16", 0xff80)]
    public void Read_HalfPrecisionNotFinite_NamesTheTensor(string dtype, int bits)
    {
        var raw = new RawModel();
        foreach (RawTensor tensor in raw.Tensors) tensor.Narrow(dtype);
        BitConverter.GetBytes((ushort)bits).CopyTo(raw.Tensor("mid.bias").Data, 6);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(raw.ToBytes(), "half"));
        Assert.Equal("tensor 'mid.bias'", e.Place);
        Assert.EndsWith("at [3]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TensorsInAnyOrderOfNames_AreFound()
    {
        var raw = new RawModel();
        raw.Tensors.Reverse();
        Model model = Model.Read(raw.ToBytes(), "x");
        Assert.Equal(raw.Tensor("mid.weight").Floats, ((DenseLayer)model.Layers[3]).Weight.ToArray());
    }

    [Fact]
    public void Read_HeaderPaddedWithBlanks_IsRead()
    {
        var raw = new RawModel { EditHeader = text => text + new string(' ', 21) };
        Assert.Equal("pump-vibration", Model.Read(raw.ToBytes(), "padded").Name);
    }

    [Fact]
    public void Read_WithoutQuantilesKey_HasNone()
    {
        var raw = new RawModel();
        raw.Part("forecast").Remove("quantiles");
        raw.Part("forecast")["horizons"] = RawModel.Json("[1,2,3,4,5,6]");
        Assert.Empty(Model.Read(raw.ToBytes(), "plain").Forecast.Quantiles);
    }

    [Theory]
    [InlineData("softmax", 2)]
    [InlineData("sigmoid", 2)]
    [InlineData("sigmoid", 1)]
    public void Read_Classifier_HasClasses(string activation, int headOutputs)
    {
        Model model = Model.Read(Classifier(activation, headOutputs).ToBytes(), "classes");
        Assert.True(model.IsClassifier);
        Assert.Equal(["ok", "fault"], model.Forecast.Classes!);
        Assert.Equal(2, model.PredictionCount);
        Assert.Equal(headOutputs, model.OutputCount);
    }

    [Theory]
    [InlineData("softmax", 1)]
    [InlineData("softmax", 3)]
    [InlineData("sigmoid", 3)]
    public void Read_ClassesThatDoNotFitTheHead_AreRefused(string activation, int headOutputs)
    {
        ModelFormatException e = Assert.Throws<ModelFormatException>(
            () => Model.Read(Classifier(activation, headOutputs).ToBytes(), "classes"));
        Assert.Equal("forecast.classes", e.Place);
    }

    [Fact]
    public void Read_Embedding_HasAVocabulary()
    {
        Model model = Model.Read(Embedding().ToBytes(), "tokens");
        Assert.Equal(11, model.Vocabulary);
        Assert.Equal(2, model.Layers[0].Outputs);
    }

    [Fact]
    public void Read_EmbeddingWithTwoInputs_IsRefused()
    {
        RawModel raw = Embedding();
        raw.Description["inputs"] = RawModel.Json("""["a","b"]""");
        Assert.Equal("inputs", Assert.Throws<ModelFormatException>(() => Model.Read(raw.ToBytes(), "two")).Place);
    }

    [Fact]
    public void Read_EmbeddingWithNormalisation_IsRefused()
    {
        RawModel raw = Embedding();
        raw.Description["normalise"] = RawModel.Json("""{"kind":"running","halfLife":10}""");
        Assert.Equal("normalise.kind", Assert.Throws<ModelFormatException>(() => Model.Read(raw.ToBytes(), "n")).Place);
    }

    [Fact]
    public void Write_SameParts_GivesTheSameBytes()
    {
        Model model = Model.Read(new RawModel().ToBytes(), "pump");
        byte[] once = ModelWriter.Write(model);
        Assert.Equal(once, ModelWriter.Write(Model.Read(once, "again")));
        Assert.Equal(0, BitConverter.ToInt64(once) % 8);
    }

    [Fact]
    public void Write_EveryLayerKind_IsReadBackWhole()
    {
        var random = new RandomModels(1);
        Layer[] layers =
        [
            new EmbeddingLayer("tokens", 9, 4, random.Uniforms(36, 1)), random.Layer("rnn-relu", "r", 4, 3),
            new DropoutLayer("drop", 3, 0.25), random.Layer("gru-reset-before", "g", 3, 5),
            random.Layer("lstm", "l", 5, 2),
            random.Dense("d", 2, 3, Activation.Relu), random.Dense("head", 3, 2, Activation.Softmax),
        ];
        byte[] file = ModelWriter.Write("all", ["token"], Normalisation.None, layers, Forecast.OfClasses("a", "ü\""));
        Model model = Model.Read(file, "all");
        Assert.Equal(["a", "ü\""], model.Forecast.Classes!);
        Assert.Equal(Activation.Relu, ((RnnLayer)model.Layers[1]).Activation);
        Assert.Equal(0.25, ((DropoutLayer)model.Layers[2]).Rate);
        Assert.False(((GruLayer)model.Layers[3]).ResetAfter);
        for (int i = 0; i < layers.Length; i++)
        {
            Assert.Equal(layers[i].Kind, model.Layers[i].Kind);
            foreach ((Tensor written, Tensor read) in layers[i].Tensors.Zip(model.Layers[i].Tensors))
                Agreement.SameBits(read.Values.Span, written.Values.Span, written.Name);
        }
    }

    [Fact]
    public void Write_PartsThatDoNotFit_Throws()
    {
        var random = new RandomModels(1);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => ModelWriter.Write("bad", ["x"],
            Normalisation.None, [random.Dense("head", 1, 2)], Forecast.Of([1], ["x"])));
        Assert.Equal("forecast", e.Place);
    }

    private static RawModel Classifier(string activation, int headOutputs)
    {
        var raw = new RawModel();
        raw.Layer(4)["activation"] = activation;
        raw.Layer(4)["outputs"] = headOutputs;
        raw.Tensors.RemoveRange(10, 2);
        raw.Tensors.AddRange([new RawTensor("head.weight", headOutputs, 5), new RawTensor("head.bias", headOutputs)]);
        raw.Description["forecast"] = RawModel.Json("""{"classes":["ok","fault"]}""");
        return raw;
    }

    private static RawModel Embedding()
    {
        RawModel raw = Classifier("softmax", 2);
        raw.Description["inputs"] = RawModel.Json("""["token"]""");
        raw.Description["normalise"] = RawModel.Json("""{"kind":"none"}""");
        raw.Description["layers"]!.AsArray().Insert(0,
            RawModel.Json("""{"name":"tokens","kind":"embedding","vocabulary":11,"outputs":2}"""));
        raw.Tensors.Add(new RawTensor("tokens.weight", 11, 2));
        return raw;
    }
}
