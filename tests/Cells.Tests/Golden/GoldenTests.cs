using System.Text.Json.Nodes;
using Realtime.Cells.Tests.Files;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.Golden;

/// <summary>Values computed outside: by hand, by PyTorch long ago (golden.json), and by PyTorch now.</summary>
public sealed class GoldenTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Cells.Tests", "Golden");

    public static TheoryData<string> AllKernels => new(Kernels.Available);

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Checked_in_table_agrees(string kernel)
    {
        string text = File.ReadAllText(Path.Combine(Folder, "golden.json"));
        int cases = 0;
        foreach (JsonNode? one in JsonNode.Parse(text)!.AsArray())
        {
            string name = (string)one!["description"]!["name"]!;
            Compare(Model.Read(ToFile(one), name), one, kernel);
            cases++;
        }

        Assert.Equal(7, cases);
    }

    [PythonFact("torch")]
    public void PyTorch_agrees_on_models_that_Python_wrote()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("realtime-golden");
        try
        {
            foreach ((int seed, int hidden) in new[] { (2, 1), (3, 16), (4, 37) })
            {
                string text = Python.Run(Path.Combine(Folder, "golden.py"), "--seed", $"{seed}",
                    "--hidden", $"{hidden}", "--steps", "40", "--models", folder.FullName);
                foreach (JsonNode? one in JsonNode.Parse(text)!.AsArray())
                {
                    string name = (string)one!["description"]!["name"]!;
                    Model model = Model.Load(Path.Combine(folder.FullName, $"{name}.safetensors"));
                    foreach (string kernel in Kernels.Available) Compare(model, one, kernel);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Cells_of_one_unit_are_as_computed_by_hand(string kernel)
    {
        float[] zero = [0], three = [0, 0, 0], four = [0, 0, 0, 0];
        // tanh(2·0.25 + 0.1 + 0.5·0.8 − 0.2) = tanh 0.8.
        Step(new RnnLayer("c", 1, 1, Activation.Tanh, new[] { 2f }, new[] { 0.5f }, new[] { 0.1f }, new[] { -0.2f }),
            kernel, x: 0.25f, state: [0.8f], expected: [0.66403677f]);
        Step(new RnnLayer("c", 1, 1, Activation.Relu, new[] { 2f }, new[] { 0.5f }, zero, zero),
            kernel, x: -3, state: [4], expected: [0]);
        // Gates of zero weights: r = z = 1/2, n = 0, so h' = h/2.
        Step(new GruLayer("c", 1, 1, true, three, three, three, three), kernel, x: 5, state: [0.8f], expected: [0.4f]);
        // r = 1/2: n = tanh(1/2·(2·0.8 + 1)) after the product, tanh(2·0.4 + 1) before it; h' = (n + 0.8)/2.
        Step(new GruLayer("c", 1, 1, true, three, new float[] { 0, 0, 2 }, three, new float[] { 0, 0, 1 }),
            kernel, x: 5, state: [0.8f], expected: [0.8308616f]);
        Step(new GruLayer("c", 1, 1, false, three, new float[] { 0, 0, 2 }, three, new float[] { 0, 0, 1 }),
            kernel, x: 5, state: [0.8f], expected: [0.873403f]);
        // i = f = o = 1/2, g = tanh 1: c' = 1/2·3 + 1/2·0.76159416, h' = 1/2·tanh c'.
        Step(new LstmLayer("c", 1, 1, four, four, new float[] { 0, 0, 1, 0 }, four), kernel, x: 5, state: [0, 3],
            expected: [0.47728148f, 1.8807971f]);
    }

    private static void Step(RecurrentLayer layer, string kernel, float x, float[] state, float[] expected)
    {
        var identity = new DenseLayer("head", 1, 1, Activation.Linear, new float[] { 1 }, new float[1]);
        using var engine = new CpuEngine(RandomModels.Stack(1, layer, identity), kernel);
        engine.Grow(1);
        engine.Write(0, state);
        var y = new float[1];
        engine.Step([0], [x], y);
        engine.Read(0, state);
        Agreement.Within(3e-7, state, expected, $"{layer.Kind} {kernel}");
        Assert.Equal(state[0], y[0]);
    }

    private static void Compare(Model model, JsonNode one, string kernel)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(1);
        var y = new float[model.OutputCount];
        foreach ((JsonNode? x, JsonNode? expected) in one["x"]!.AsArray().Zip(one["y"]!.AsArray()))
        {
            engine.Step([0], Floats(x!), y);
            Agreement.Within(1e-6, y, Floats(expected!), $"{model.Name} {kernel}");
        }

        var state = new float[model.StateFloats];
        engine.Read(0, state);
        Agreement.Within(1e-6, state, Floats(one["state"]!), $"{model.Name} {kernel} state");
    }

    private static byte[] ToFile(JsonNode one)
    {
        IEnumerable<RawTensor> tensors = one["tensors"]!.AsObject().Select(tensor => new RawTensor(
            tensor.Key, [.. tensor.Value!["shape"]!.AsArray().Select(length => (int)length!)])
        {
            Data = [.. Floats(tensor.Value!["values"]!).SelectMany(BitConverter.GetBytes)],
        });
        return RawModel.Assemble(one["description"]!.ToJsonString(), tensors);
    }

    private static float[] Floats(JsonNode array) => [.. array.AsArray().Select(value => (float)(double)value!)];
}
