using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>
/// A stream's bits depend on nothing but its own inputs: not on the wave around it, nor on the vector width.
/// </summary>
public sealed class SameBitsTests
{
    private const int Streams = 90;
    private const int Steps = 6;

    public static TheoryData<string, string> CellsAndKernels
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string cell in RandomModels.Cells)
                foreach (string kernel in Kernels.Available) data.Add(cell, kernel);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(CellsAndKernels))]
    public void A_stream_has_the_same_bits_alone_and_in_waves_of_1_to_67(string cell, string kernel)
    {
        foreach (int hidden in new[] { 1, 5, 16, 33, 64 })
        {
            var random = new RandomModels(hidden);
            Model model = RandomModels.Stack(2, random.Layer(cell, "a", 2, hidden), random.Dense("b", hidden, 7),
                random.Layer(cell, "c", 7, 9), random.Dense("head", 9, 2));
            float[] x = random.Uniforms(Streams * Steps * 2, 2);
            float[][] alone = Run(model, kernel, x, wave: _ => 1, new RandomModels(1));
            for (int size = 1; size <= 67; size += 6)
                Compare(Run(model, kernel, x, wave: _ => size, new RandomModels(size)), alone, $"waves of {size}");
            Compare(Run(model, kernel, x, wave: r => 1 + r.Below(67), new RandomModels(2)), alone, "random waves");
        }
    }

    [Fact]
    public void Every_wave_size_from_1_to_67_gives_the_same_bits()
    {
        foreach (string cell in RandomModels.Cells)
        {
            var random = new RandomModels(7);
            Model model = random.OneCell(cell, 1, 20);
            float[] x = random.Uniforms(Streams * 2, 2);
            foreach (string kernel in Kernels.Available)
            {
                float[][] alone = Run(model, kernel, x, wave: _ => 1, new RandomModels(1), steps: 2);
                for (int size = 1; size <= 67; size++)
                {
                    Compare(Run(model, kernel, x, wave: _ => size, new RandomModels(size), steps: 2), alone,
                        $"{cell} {kernel} {size}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(CellsAndKernels))]
    public void Every_hidden_size_from_1_to_130_gives_the_same_bits(string cell, string kernel)
    {
        for (int hidden = 1; hidden <= 130; hidden++)
        {
            var random = new RandomModels(hidden);
            Model model = random.OneCell(cell, 1 + hidden % 18, hidden, horizons: 1 + hidden % 7);
            float[] x = random.Uniforms(67 * 2 * model.Inputs.Count, 2);
            float[][] alone = Run(model, kernel, x, wave: _ => 1, new RandomModels(1), streams: 67, steps: 2);
            foreach (int size in new[] { 1 + hidden % 11, 12 + hidden % 55, 67 })
            {
                Compare(Run(model, kernel, x, wave: _ => size, new RandomModels(size), streams: 67, steps: 2), alone,
                    $"hidden {hidden}, waves of {size}");
            }
        }
    }

    [Fact]
    public void A_stream_of_NaN_does_not_touch_the_others()
    {
        var random = new RandomModels(11);
        Model model = RandomModels.Stack(1, random.Layer("gru", "a", 1, 5), random.Dense("mid", 5, 3),
            random.Layer("lstm", "b", 3, 7), random.Dense("head", 7, 3));
        foreach (string kernel in Kernels.Available)
        {
            using var engine = new CpuEngine(model, kernel);
            engine.Grow(10);
            var ill = new float[model.StateFloats];
            Array.Fill(ill, float.NaN);
            float[] together = new float[5 * 3], alone = new float[3];
            for (int t = 0; t < 4; t++)
            {
                engine.Write(2, ill);
                engine.Step([0, 1, 2, 3, 4], [1, 2, 3, 4, 5], together);
                Assert.True(float.IsNaN(together[6]), kernel);
                foreach (int stream in new[] { 0, 1, 3, 4 })
                {
                    engine.Step([5 + stream], [stream + 1], alone);
                    Agreement.SameBits(together.AsSpan(3 * stream, 3), alone, $"{kernel} {stream}");
                    // The ill one in between, so that its floats lie in the buffers.
                    engine.Step([2], [3], alone);
                }
            }
        }
    }

    [VectorFact]
    public void Every_vector_width_gives_the_same_bits()
    {
        foreach (string cell in RandomModels.Cells)
        {
            for (int hidden = 1; hidden <= 70; hidden++)
            {
                var random = new RandomModels(hidden);
                Model model = RandomModels.Stack(3, random.Layer(cell, "a", 3, hidden),
                    random.Dense("b", hidden, 5, Activation.Sigmoid), random.Layer(cell, "c", 5, 6),
                    random.Dense("head", 6, 11, Activation.Softmax));
                float[] x = random.Uniforms(7 * 2 * 3, 2);
                float[][]? first = null;
                foreach (string kernel in Kernels.Available.Where(kernel => kernel != Kernels.Scalar))
                {
                    float[][] run = Run(model, kernel, x, wave: _ => 7, new RandomModels(3), streams: 7, steps: 2);
                    first ??= run;
                    Compare(run, first, $"{cell} {hidden} {kernel}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(CellsAndKernels))]
    public void Long_runs_have_the_same_hash_alone_and_in_changing_waves_at_every_width(string cell, string kernel)
    {
        const int streams = 31, steps = 1500;
        foreach (int hidden in new[] { 8, 40 })
        {
            var random = new RandomModels(100 + hidden);
            Model model = random.OneCell(cell, 1, hidden);
            float[] x = random.Uniforms(streams * steps, 2);
            string Hash(string of, Func<RandomModels, int> wave) =>
                HashOf(Run(model, of, x, wave, new RandomModels(1), streams, steps));
            string alone = Hash(kernel, _ => 1);
            Assert.Equal(alone, Hash(kernel, static waves => 1 + waves.Below(31)));
            // The reference is in double, and agrees to within rounding alone.
            string first = kernel == Kernels.Scalar ? Kernels.Scalar : Kernels.Available[1];
            Assert.Equal(alone, Hash(first, _ => streams));
        }
    }

    /// <summary>
    /// Steps all streams a number of times; in each step they come in random order, in waves of some size.
    /// </summary>
    private static float[][] Run(Model model, string kernel, float[] x, Func<RandomModels, int> wave,
        RandomModels random, int streams = Streams, int steps = Steps)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(2 * streams);
        int[] rowOf = Enumerable.Range(0, 2 * streams).ToArray();
        random.Shuffle(rowOf);
        int inputs = model.Inputs.Count;
        var results = new float[streams][];
        for (int s = 0; s < streams; s++) results[s] = new float[steps * model.OutputCount + model.StateFloats];
        int[] order = Enumerable.Range(0, streams).ToArray();
        for (int t = 0; t < steps; t++)
        {
            random.Shuffle(order);
            for (int at = 0; at < streams;)
            {
                int[] members = order[at..Math.Min(streams, at + wave(random))];
                var waveInputs = new float[members.Length * inputs];
                var outputs = new float[members.Length * model.OutputCount];
                for (int i = 0; i < members.Length; i++)
                    Array.Copy(x, (members[i] * steps + t) * inputs, waveInputs, i * inputs, inputs);
                engine.Step(Array.ConvertAll(members, s => rowOf[s]), waveInputs, outputs);
                for (int i = 0; i < members.Length; i++)
                {
                    outputs.AsSpan(i * model.OutputCount, model.OutputCount)
                        .CopyTo(results[members[i]].AsSpan(t * model.OutputCount));
                }

                at += members.Length;
            }
        }

        for (int s = 0; s < streams; s++) engine.Read(rowOf[s], results[s].AsSpan(steps * model.OutputCount));
        return results;
    }

    private static string HashOf(float[][] results) => Convert.ToHexString(
        SHA256.HashData(MemoryMarshal.AsBytes(results.SelectMany(static result => result).ToArray().AsSpan())));

    private static void Compare(float[][] actual, float[][] expected, string what)
    {
        for (int s = 0; s < expected.Length; s++) Agreement.SameBits(actual[s], expected[s], $"{what}, stream {s}");
    }
}
