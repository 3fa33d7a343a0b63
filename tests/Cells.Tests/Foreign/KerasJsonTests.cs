using System.Globalization;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.Foreign;

/// <summary>
/// Recorded nets: NAME.json with the series NAME_x_python.csv that went in and NAME_y_python.csv that came out.
/// </summary>
public sealed class KerasJsonTests
{
    private const string Folder = "models/rtneural";

    [DataFact(Folder)]
    public void Recorded_series_come_out_again()
    {
        int compared = 0;
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Data, Folder), "*.json").Order())
        {
            string name = Path.GetFileNameWithoutExtension(file), folder = Path.GetDirectoryName(file)!;
            Model model = KerasJsonImport.Read(File.ReadAllText(file), name);
            float[][] x = ReadSeries(Path.Combine(folder, $"{name}_x_python.csv"));
            float[][] y = ReadSeries(Path.Combine(folder, $"{name}_y_python.csv"));
            Assert.Equal(y.Length, x.Length);
            foreach (string kernel in Kernels.Available)
            {
                using var engine = new CpuEngine(model, kernel);
                engine.Grow(1);
                var actual = new float[model.OutputCount];
                for (int t = 0; t < x.Length; t++)
                {
                    engine.Step([0], x[t], actual);
                    Agreement.Within(1e-5, actual, y[t], $"{name} {kernel}, step {t}");
                    compared++;
                }
            }
        }

        Assert.True(compared >= 100, $"only {compared} steps were compared");
    }

    [Fact]
    public void Keras_gates_land_in_the_right_blocks()
    {
        // One unit, no recurrence: each block of the kernel is told apart by its bias.
        const string gru = """
            {"in_shape": [null, null, 1], "layers": [{"type": "gru", "activation": "tanh", "shape": [null, null, 1],
             "weights": [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]}]}
            """;
        var layer = (GruLayer)KerasJsonImport.Read(gru, "gru").Layers[0];
        Assert.True(layer.ResetAfter);
        Assert.Equal([2, 1, 3], layer.WeightIh.ToArray());
        Assert.Equal([5, 4, 6], layer.WeightHh.ToArray());
        Assert.Equal([8, 7, 9], layer.BiasIh.ToArray());
        Assert.Equal([11, 10, 12], layer.BiasHh.ToArray());
    }

    [Fact]
    public void Keras_gru_with_one_bias_row_resets_before_the_product()
    {
        const string gru = """
            {"in_shape": [null, null, 1], "layers": [{"type": "gru", "activation": "tanh", "shape": [null, null, 1],
             "weights": [[[1, 2, 3]], [[4, 5, 6]], [7, 8, 9]]}]}
            """;
        Assert.False(((GruLayer)KerasJsonImport.Read(gru, "gru").Layers[0]).ResetAfter);
    }

    [Fact]
    public void What_cannot_be_expressed_is_named()
    {
        const string conv = """{"in_shape": [null, 1], "layers": [{"type": "conv1d", "weights": []}]}""";
        NotExpressibleException e = Assert.Throws<NotExpressibleException>(() => KerasJsonImport.Read(conv, "conv"));
        Assert.Contains("conv1d", e.Message, StringComparison.Ordinal);
    }

    private static float[][] ReadSeries(string path) => [.. File.ReadLines(path)
        .Where(line => line.Length > 0)
        .Select(line => Array.ConvertAll(
            line.Split(','), cell => (float)double.Parse(cell, CultureInfo.InvariantCulture)))];
}
