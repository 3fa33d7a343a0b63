namespace Realtime.Cells.Tests.Support;

/// <summary>Models with random weights, uniform within ±1/√H as PyTorch draws them, from a seed.</summary>
internal sealed class RandomModels(int seed)
{
    /// <summary>Names <see cref="Layer"/> knows.</summary>
    public static readonly string[] Cells = ["rnn-tanh", "rnn-relu", "gru", "gru-reset-before", "lstm"];

    private readonly Random _random = new(seed);

    public float Uniform(double limit) => (float)((2 * _random.NextDouble() - 1) * limit);

    public float[] Uniforms(int count, double limit)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = Uniform(limit);
        return values;
    }

    public int Below(int limit) => _random.Next(limit);

    public void Shuffle(int[] values) => _random.Shuffle(values);

    public RecurrentLayer Layer(string cell, string name, int inputs, int hidden)
    {
        int gates = cell.StartsWith("gru", StringComparison.Ordinal) ? 3 : cell == "lstm" ? 4 : 1;
        double limit = 1 / Math.Sqrt(hidden);
        float[] weightIh = Uniforms(gates * hidden * inputs, limit);
        float[] weightHh = Uniforms(gates * hidden * hidden, limit);
        float[] biasIh = Uniforms(gates * hidden, limit), biasHh = Uniforms(gates * hidden, limit);
        return cell switch
        {
            "rnn-tanh" => new RnnLayer(name, inputs, hidden, Activation.Tanh, weightIh, weightHh, biasIh, biasHh),
            "rnn-relu" => new RnnLayer(name, inputs, hidden, Activation.Relu, weightIh, weightHh, biasIh, biasHh),
            "gru" => new GruLayer(name, inputs, hidden, true, weightIh, weightHh, biasIh, biasHh),
            "gru-reset-before" => new GruLayer(name, inputs, hidden, false, weightIh, weightHh, biasIh, biasHh),
            _ => new LstmLayer(name, inputs, hidden, weightIh, weightHh, biasIh, biasHh),
        };
    }

    public DenseLayer Dense(string name, int inputs, int outputs, Activation activation = Activation.Linear)
    {
        double limit = 1 / Math.Sqrt(inputs);
        return new DenseLayer(
            name, inputs, outputs, activation, Uniforms(outputs * inputs, limit), Uniforms(outputs, limit));
    }

    /// <summary>One cell and a linear head with one output per horizon.</summary>
    public Model OneCell(string cell, int inputs, int hidden, int horizons = 3) =>
        Stack(inputs, Layer(cell, "cell", inputs, hidden), Dense("head", hidden, horizons));

    /// <summary>A model of these layers that forecasts its first input, one horizon per output of the head.</summary>
    public static Model Stack(int inputs, params Layer[] layers) => Of(Normalisation.None, inputs, layers);

    public static Model Of(Normalisation normalisation, int inputs, params Layer[] layers)
    {
        int[] horizons = Enumerable.Range(1, layers[^1].Outputs).ToArray();
        return Parse("random", Names(inputs), normalisation, layers, Forecast.Of(horizons, ["x0"]));
    }

    public static Model Parse(
        string name, string[] inputs, Normalisation normalisation, Layer[] layers, Forecast forecast) =>
        Model.Read(ModelWriter.Write(name, inputs, normalisation, layers, forecast), name);

    public static string[] Names(int count) => Enumerable.Range(0, count).Select(i => $"x{i}").ToArray();
}
