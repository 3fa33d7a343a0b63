using Realtime.Cells;

namespace Realtime.Daemon.Tests.Reloading;

/// <summary>Files of small models with running statistics and a GRU, with weights from a seed.</summary>
internal static class SomeModel
{
    public static byte[] File(int hidden = 8, int seed = 1, int horizons = 3, params string[] inputs)
    {
        var random = new Random(seed);
        inputs = inputs.Length == 0 ? ["x"] : inputs;
        Layer[] layers =
        [
            new GruLayer(
                "gru", inputs.Length, hidden, true, Draw(3 * hidden * inputs.Length), Draw(3 * hidden * hidden),
                Draw(3 * hidden), Draw(3 * hidden)),
            new DenseLayer(
                "head", hidden, horizons * inputs.Length, Activation.Linear, Draw(hidden * horizons * inputs.Length),
                Draw(horizons * inputs.Length)),
        ];
        var forecast = Forecast.Of([.. Enumerable.Range(1, horizons)], inputs);
        return ModelWriter.Write("small", inputs, Normalisation.Running(50), layers, forecast);

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
