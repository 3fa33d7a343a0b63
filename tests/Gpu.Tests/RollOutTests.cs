using Realtime.Cells;
using Realtime.Cells.Ensembles;
using Realtime.Cells.RollOuts;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>Roll-outs and ensembles that stay on the device.</summary>
public sealed class RollOutTests
{
    private const int Rows = 400;

    public static TheoryData<string> Cells => new(RandomModels.Cells);

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void Every_cell_agrees_in_waves_of_any_size(string cell)
    {
        foreach (int hidden in new[] { 1, 17, 64 })
            Check(RollOutModels.Plain(cell, hidden, inputs: 1 + hidden % 3, hidden), [1, 2, 63, 64, 65, 300]);
    }

    [PoclFact]
    public void Differences_times_and_scales_agree()
    {
        Check(RollOutModels.Differences(1), [1, 33, 257]);
        Check(RollOutModels.Running(2), [1, 33, 257]);
        Check(RollOutModels.Each(3, 4), [1, 5, 90]);
        Check(RollOutModels.Each(4, 1), [7]);
    }

    [PoclFact]
    public void More_rows_than_are_recorded_agree() => Check(RollOutModels.Plain("gru", 9, 1, 4), [4095, 4097, 9000]);

    [PoclFact]
    public void Layers_that_do_not_fit_into_a_groups_memory_agree() =>
        Check(RollOutModels.Plain("lstm", 10, 1, 1500), [3]);

    [PoclFact]
    public void A_decoder_goes_on_from_the_states()
    {
        Check(RollOutModels.Plain("lstm", 1), [1, 65], decoder: RollOutModels.Plain("lstm", 2));
        using var engine = new GpuEngine(RollOutModels.Plain("lstm", 1), Pocl.Context);
        Assert.Throws<ArgumentException>(() => engine.RollOut(RollOutModels.Plain("gru", 2)));
    }

    [PoclFact]
    public void States_stay_whatever_happened_to_them_before()
    {
        Model model = RollOutModels.Running(3);
        var random = new RandomModels(4);
        using var gpu = new GpuEngine(model, Pocl.Context);
        using var other = new GpuEngine(model, Pocl.Context);
        using IRollOut rollOut = gpu.RollOut();
        gpu.Grow(2);
        Roll();
        // Rows that were written and not looked at since; slabs that are new; states of another engine.
        gpu.Write(1, random.Uniforms(model.StateFloats, 1));
        float[] first = Roll();
        gpu.Grow(2000);
        Agreement.SameBits(Roll(), first, "after growing");
        var state = new float[model.StateFloats];
        gpu.Read(1, state);
        other.Grow(5);
        other.Write(1, state);
        gpu.TakeStates(other);
        Agreement.SameBits(Roll(), first, "after taking");
        gpu.Clear(1);
        Assert.NotEqual(first, Roll());
        gpu.Read(1, state);
        Assert.All(state, value => Assert.Equal(0, value));

        float[] Roll() => new RollOutParity.Inputs(rollOut.FeedBack, new RandomModels(5), 1, 6).Run(rollOut, [1]);
    }

    [PoclFact]
    public void Ensembles_agree_and_have_the_bits_of_any_wave()
    {
        var random = new RandomModels(6);
        foreach (int members in new[] { 1, 2, 3 })
        {
            Model[] models = [.. new[] { ("gru", 16), ("lstm", 33), ("rnn-tanh", 5) }.Take(members)
                .Select((one, i) => RollOutModels.Plain(one.Item1, i, hidden: one.Item2))];
            using var cpu = new EnsembleEngine(
                models, [.. models.Select(model => new CpuEngine(model, Kernels.Scalar))]);
            using var gpu = new GpuEnsembleEngine(models, Pocl.Context);
            Assert.Equal("gpu", gpu.Name);
            Fill(cpu, gpu, models.Sum(model => model.StateFloats), random);
            for (int t = 0; t < 4; t++) Step(cpu, gpu, random, [.. Enumerable.Range(0, Rows)], $"{members}, step {t}");
            Step(cpu, gpu, random, [7], $"{members}, one row");
            RollOutParity.Check(models[0], cpu, gpu, null, random, [1, 70, 300], steps: 5);
            float[] state = new float[models.Sum(model => model.StateFloats)], wanted = new float[state.Length];
            for (int row = 0; row < Rows; row += 13)
            {
                gpu.Read(row, state);
                cpu.Read(row, wanted);
                Agreement.Within(1e-5, state, wanted, $"{members}, row {row}");
            }
        }
    }

    private static void Step(EnsembleEngine cpu, GpuEnsembleEngine gpu, RandomModels random, int[] rows, string what)
    {
        random.Shuffle(rows);
        float[] x = random.Uniforms(rows.Length * 2, 1), wanted = new float[rows.Length * 4];
        float[] got = new float[wanted.Length];
        cpu.Step(rows, x, wanted);
        gpu.Step(rows, x, got);
        Agreement.Within(1e-5, got, wanted, what);
    }

    private static void Check(Model model, int[] waves, Model? decoder = null)
    {
        var random = new RandomModels(waves.Length);
        using var cpu = new CpuEngine(model, Kernels.Scalar);
        using var gpu = new GpuEngine(model, Pocl.Context);
        Fill(cpu, gpu, model.StateFloats, random);
        RollOutParity.Check(model, cpu, gpu, decoder, random, waves, steps: 6);
    }

    private static void Fill(IStepEngine cpu, IStepEngine gpu, int floats, RandomModels random)
    {
        cpu.Grow(Rows);
        gpu.Grow(Rows);
        for (int row = 0; row < Rows; row++)
        {
            float[] state = random.Uniforms(floats, 1);
            cpu.Write(row, state);
            gpu.Write(row, state);
        }
    }
}
