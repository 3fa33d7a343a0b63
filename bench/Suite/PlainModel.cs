using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Bench.Suite;

/// <summary>
/// A GRU of 32 units with running normalisation and a fixed head of eight horizons: the network and the daemon's own
/// work, without what a stream learns. Weights come from a seed.
/// </summary>
internal static class PlainModel
{
    private const int Hidden = 32;
    private const int Seed = 12345;
    private static readonly int[] Horizons = [1, 2, 3, 4, 5, 6, 7, 8];

    public static byte[] File { get; } = Make();

    public static Model Read() => Model.Read(File, "benchmark");

    public static LoadedModel Loaded() =>
        new(new ModelOptions { Name = "default", File = "", Streams = ["*"] }, Read());

    /// <summary>Writes the file into a folder; returns its path.</summary>
    public static string WriteTo(string folder)
    {
        var path = Path.Combine(folder, "plain-gru-32.safetensors");
        System.IO.File.WriteAllBytes(path, File);
        return path;
    }

    private static byte[] Make()
    {
        var random = new Random(Seed);
        var scale = 1 / MathF.Sqrt(Hidden);
        float[] Weights(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => scale * (2 * random.NextSingle() - 1))];
        var cell = new GruLayer("cell", 1, Hidden, true, Weights(3 * Hidden), Weights(3 * Hidden * Hidden),
            Weights(3 * Hidden), Weights(3 * Hidden));
        var head = new DenseLayer("head", Hidden, Horizons.Length, Activation.Linear,
            Weights(Horizons.Length * Hidden), Weights(Horizons.Length));
        return ModelWriter.Write(
            "plain", ["value"], Normalisation.Running(300), [cell, head], Forecast.Of(Horizons, ["value"]));
    }
}
