using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Realtime.Cells.Tests;

/// <summary>
/// The arithmetic around the network to the bit, over thousands of ticks: the digests were taken from the plainest form
/// of the formulas, and a quicker form must keep them.
/// </summary>
public sealed class PreprocessorGoldenTests
{
    private const int Ticks = 3000;

    [Theory]
    [InlineData("none", "b45ec473535712e31b2a04aa1984e245")]
    [InlineData("fixed", "50d5036d562db748394edb42e9f994a7")]
    [InlineData("running", "ac245fb438c129d8d674fad0ab98a038")]
    public void PrepareAndFinish_KeepTheirBits(string kind, string digest)
    {
        var normalisation = kind switch
        {
            "none" => Normalisation.None,
            "fixed" => Normalisation.Fixed([3, -20], [2, 0.7]),
            _ => Normalisation.Running(120),
        };
        Assert.Equal(digest, Digest(Model(normalisation))[..digest.Length]);
    }

    [Fact]
    public void PrepareAndFinish_OfFormat2_KeepTheirBits()
    {
        Layer[] layers =
        [
            new RnnLayer("rnn", 5, 2, Activation.Tanh, new float[10], new float[4], new float[2], new float[2]),
            new DenseLayer("head", 2, 12, Activation.Linear, new float[24], new float[12]),
        ];
        Forecast forecast = Forecast.Of([1, 3], ["b", "a"], [0.1, 0.9]).With(ForecastTarget.Difference);
        var additions = new ModelAdditions
        {
            Features = [new DifferenceFeature("a"), new DifferenceFeature("b", 3), new DifferenceFeature("a", 1)],
        };
        Model model = Cells.Model.Read(
            ModelWriter.Write("golden", ["a", "b"], Normalisation.Running(120, 5), layers, forecast, additions), "2");
        const string digest = "b5f0e243f94c1a0d44e89d6a073d85be";
        Assert.Equal(digest, Digest(model)[..digest.Length]);
    }

    private static Model Model(Normalisation normalisation)
    {
        Layer[] layers =
        [
            new RnnLayer("rnn", 2, 2, Activation.Tanh, new float[4], new float[4], new float[2], new float[2]),
            new DenseLayer("head", 2, 12, Activation.Linear, new float[24], new float[12]),
        ];
        return Cells.Model.Read(
            ModelWriter.Write(
                "golden", ["a", "b"], normalisation, layers, Forecast.Of([1, 3], ["b", "a"], [0.1, 0.9])), "golden");
    }

    private static string Digest(Model model)
    {
        var random = new Random(20_261_122);
        var preprocessor = new Preprocessor(model);
        var memory = new double[preprocessor.MemoryDoubles];
        preprocessor.Clear(memory);
        double[] values = new double[2], prediction = new double[12];
        float[] x = new float[model.NetworkInputCount], y = new float[12];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int tick = 0; tick < Ticks; tick++)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = random.Next(20) == 0 ? double.NaN : 10 * i + random.NextDouble() * (1 + tick % 50);
            bool imputed = preprocessor.Prepare(values, memory, x);
            for (int i = 0; i < y.Length; i++) y[i] = (float)(random.NextDouble() - 0.5);
            bool warming = preprocessor.Finish(y, memory, prediction);
            hash.AppendData(MemoryMarshal.AsBytes<double>(memory));
            hash.AppendData(MemoryMarshal.AsBytes<double>(prediction));
            hash.AppendData(MemoryMarshal.AsBytes<float>(x));
            hash.AppendData([imputed ? (byte)1 : (byte)0, warming ? (byte)1 : (byte)0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
