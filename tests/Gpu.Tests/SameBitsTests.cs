using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>A stream's bits depend on nothing but its own inputs.</summary>
public sealed class SameBitsTests
{
    private const int Streams = 90;
    private const int Steps = 5;

    public static TheoryData<string> Cells => new(RandomModels.Cells);

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void A_stream_has_the_same_bits_in_any_wave_and_any_shape_of_groups(string cell)
    {
        foreach (int hidden in new[] { 1, 6, 33, 64 })
        {
            var random = new RandomModels(hidden);
            Model model = RandomModels.Stack(2, random.Layer(cell, "a", 2, hidden), random.Dense("b", hidden, 7),
                random.Layer(cell, "c", 7, 9), random.Dense("head", 9, 2, Activation.Softmax));
            float[] x = random.Uniforms(Streams * Steps * 2, 2);
            float[][] alone = Run(model, x, _ => 1, new RandomModels(1));
            foreach (int size in new[] { 2, 5, 16, 31, 67, 90 })
                Compare(Run(model, x, _ => size, new RandomModels(size)), alone, $"{cell} {hidden}, waves of {size}");
            Compare(Run(model, x, r => 1 + r.Below(67), new RandomModels(2)), alone, $"{cell} {hidden}, random waves");
            Compare(Run(model, x, _ => 40, new RandomModels(3), tileBytes: 0), alone, $"{cell} {hidden}, wide");
            Compare(Run(model, x, _ => 80, new RandomModels(4), group: 256), alone, $"{cell} {hidden}, groups of 256");
            Compare(Run(model, x, _ => 40, new RandomModels(5), group: 8), alone, $"{cell} {hidden}, groups of 8");
        }
    }

    [PoclFact]
    public void A_stream_of_NaN_does_not_touch_the_others()
    {
        foreach (string cell in RandomModels.Cells)
        {
            var random = new RandomModels(11);
            Model model = random.OneCell(cell, 1, 5, 2);
            using var engine = new GpuEngine(model, Pocl.Context);
            engine.Grow(20);
            float[] broken = new float[model.StateFloats], x = random.Uniforms(20, 1), y = new float[40];
            Array.Fill(broken, float.NaN);
            engine.Write(7, broken);
            engine.Step([.. Enumerable.Range(0, 20)], x, y);
            for (int i = 0; i < 40; i++) Assert.Equal(i / 2 == 7, float.IsNaN(y[i]));
        }
    }

    // Outputs of every step and the last state, per stream; waves in an order of their own each.
    private static float[][] Run(Model model, float[] x, Func<RandomModels, int> wave, RandomModels random,
        int? tileBytes = null, int? group = null)
    {
        GpuContext context = Pocl.Context;
        using var engine = new GpuEngine(model, context, tileBytes ?? context.TileBytes, group ?? context.LargestGroup);
        engine.Grow(Streams);
        int height = model.OutputCount, floats = Steps * height;
        var results = new float[Streams][];
        for (int s = 0; s < Streams; s++) results[s] = new float[floats + model.StateFloats];
        for (int t = 0; t < Steps; t++)
        {
            int[] order = [.. Enumerable.Range(0, Streams)];
            random.Shuffle(order);
            for (int at = 0; at < Streams;)
            {
                int[] rows = order[at..Math.Min(Streams, at + wave(random))];
                float[] inputs = [.. rows.SelectMany(row => x[((row * Steps + t) * 2)..((row * Steps + t) * 2 + 2)])];
                var outputs = new float[rows.Length * height];
                engine.Step(rows, inputs, outputs);
                for (int i = 0; i < rows.Length; i++)
                    outputs.AsSpan(i * height, height).CopyTo(results[rows[i]].AsSpan(t * height));
                at += rows.Length;
            }
        }

        for (int s = 0; s < Streams; s++) engine.Read(s, results[s].AsSpan(floats));
        return results;
    }

    private static void Compare(float[][] found, float[][] expected, string what)
    {
        for (int s = 0; s < Streams; s++) Agreement.SameBits(found[s], expected[s], $"{what}, stream {s}");
    }
}
