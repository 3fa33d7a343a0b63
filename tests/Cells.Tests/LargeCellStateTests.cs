using Realtime.Cells;

namespace Realtime.Cells.Tests;

public class LargeCellStateTests
{
    [Fact]
    public void A_large_cell_state_stays_finite_whatever_the_gates_are()
    {
        const int hidden = 24;
        float[] Weights(int count, float value) => Enumerable.Repeat(value, count).ToArray();
        // Gates closed and open as far as they go.
        foreach (float bias in new[] { -1e6f, 0, 1e6f })
        {
            var cell = new LstmLayer("cell", 1, hidden, Weights(4 * hidden, 0), Weights(4 * hidden * hidden, 0),
                Weights(4 * hidden, bias), Weights(4 * hidden, 0));
            var head = new DenseLayer("head", hidden, 1, Activation.Linear, Weights(hidden, 1), Weights(1, 0));
            Model model = Model.Read(
                ModelWriter.Write("lstm", ["x"], Normalisation.None, [cell, head], Forecast.Of([1], ["x"])), "test");
            foreach (string kernel in Kernels.Available)
                Assert.All(StatesAfterAStep(model, kernel, 1e25f), state => Assert.True(float.IsFinite(state), kernel));
        }
    }

    private static float[] StatesAfterAStep(Model model, string kernel, float state)
    {
        const int rows = 13;
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(rows);
        float[] states = new float[model.StateFloats], outputs = new float[rows];
        Array.Fill(states, state);
        for (int row = 0; row < rows; row++) engine.Write(row, states);
        engine.Step([.. Enumerable.Range(0, rows)], new float[rows], outputs);
        engine.Read(rows - 1, states);
        return [.. states, .. outputs];
    }
}
