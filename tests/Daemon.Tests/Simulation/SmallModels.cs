using Realtime.Cells;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Small models with random weights, from a seed.</summary>
internal sealed class SmallModels(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>One input with running statistics, a GRU, horizons 1 to 3.</summary>
    public static Model Gru(int seed = 1) => new SmallModels(seed).MakeGru();

    /// <summary>Two inputs with fixed statistics, a stacked LSTM, two horizons with two quantiles.</summary>
    public static Model Lstm(int seed = 2) => new SmallModels(seed).MakeLstm();

    /// <summary>Three inputs as they are, a simple cell, two classes.</summary>
    public static Model Classifier(int seed = 3) => new SmallModels(seed).MakeClassifier();

    /// <summary>Tokens 0 to 6, forecast as numbers.</summary>
    public static Model Tokens(int seed = 4) => new SmallModels(seed).MakeTokens();

    /// <summary>One input, a GRU, three horizons; each stream learns a head, intervals and a score.</summary>
    public static Model Learner(int seed = 6) => Model.Read(LearnerFile(seed), "learner");

    /// <summary>The file of such a model.</summary>
    /// <param name="seed">Of the weights.</param>
    /// <param name="adapt">Its head; null is one on the hidden state and the inputs.</param>
    /// <param name="horizons">In ticks; none: 1, 2 and 4.</param>
    public static byte[] LearnerFile(int seed = 6, AdaptOptions? adapt = null, params int[] horizons) =>
        new SmallModels(seed).MakeLearner(adapt ?? new AdaptOptions(0.99, 1, true), horizons);

    /// <summary>The file of a model of one input with running statistics, a simple cell, horizons 1 and 2.</summary>
    public static byte[] RnnFile(int seed = 5) => new SmallModels(seed).MakeRnn();

    private byte[] MakeRnn()
    {
        Layer[] layers =
        [
            new RnnLayer("rnn", 1, 3, Activation.Tanh, Draw(3), Draw(9), Draw(3), Draw(3)),
            new DenseLayer("head", 3, 2, Activation.Linear, Draw(6), Draw(2)),
        ];
        return ModelWriter.Write("small", ["x"], Normalisation.Running(50), layers, Forecast.Of([1, 2], ["x"]));
    }

    private byte[] MakeLearner(AdaptOptions adapt, int[] horizons)
    {
        if (horizons.Length == 0)
            horizons = [1, 2, 4];
        Layer[] layers =
        [
            new GruLayer("gru", 2, 6, true, Draw(18 * 2), Draw(18 * 6), Draw(18), Draw(18)),
            new DenseLayer("head", 6, horizons.Length, Activation.Linear, Draw(6 * horizons.Length),
                Draw(horizons.Length)),
        ];
        var additions = new ModelAdditions
        {
            Features = [new DifferenceFeature("x"), new HourFeature(1, Network: false)],
            Adapt = adapt,
            Intervals = [0.8, 0.95],
        };
        return ModelWriter.Write(
            "learner", ["x"], Normalisation.Running(50), layers, Forecast.Of(horizons, ["x"]), additions);
    }

    private Model MakeGru()
    {
        Layer[] layers =
        [
            new GruLayer("gru", 1, 8, true, Draw(24), Draw(24 * 8), Draw(24), Draw(24)),
            new DenseLayer("head", 8, 3, Activation.Linear, Draw(24), Draw(3)),
        ];
        return Read(["x"], Normalisation.Running(50), layers, Forecast.Of([1, 2, 3], ["x"]));
    }

    private Model MakeLstm()
    {
        Layer[] layers =
        [
            new LstmLayer("one", 2, 5, Draw(20 * 2), Draw(20 * 5), Draw(20), Draw(20)),
            new LstmLayer("two", 5, 4, Draw(16 * 5), Draw(16 * 4), Draw(16), Draw(16)),
            new DenseLayer("head", 4, 12, Activation.Linear, Draw(48), Draw(12)),
        ];
        var normalisation = Normalisation.Fixed([1, 20], [2, 5]);
        return Read(["a", "b"], normalisation, layers, Forecast.Of([1, 4], ["a", "b"], [0.1, 0.9]));
    }

    private Model MakeClassifier()
    {
        Layer[] layers =
        [
            new RnnLayer("rnn", 3, 6, Activation.Tanh, Draw(18), Draw(36), Draw(6), Draw(6)),
            new DenseLayer("head", 6, 2, Activation.Softmax, Draw(12), Draw(2)),
        ];
        return Read(["u", "v", "w"], Normalisation.None, layers, Forecast.OfClasses("ok", "bad"));
    }

    private Model MakeTokens()
    {
        Layer[] layers =
        [
            new EmbeddingLayer("embedding", 7, 3, Draw(21)),
            new GruLayer("gru", 3, 4, false, Draw(36), Draw(48), Draw(12), Draw(12)),
            new DenseLayer("head", 4, 1, Activation.Linear, Draw(4), Draw(1)),
        ];
        return Read(["token"], Normalisation.None, layers, Forecast.Of([1], ["token"]));
    }

    private static Model Read(string[] inputs, Normalisation normalisation, Layer[] layers, Forecast forecast) =>
        Model.Read(ModelWriter.Write("small", inputs, normalisation, layers, forecast), "small");

    private float[] Draw(int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(_random.NextDouble() - 0.5);
        return values;
    }
}
