using Realtime.Cells.Tests.Support;
using Xunit.Abstractions;

namespace Realtime.Cells.Tests.Foreign;

/// <summary>
/// ONNX's own node tests: a folder with model.onnx and test_data_set_N/{input,output}_M.pb. Each element of the batch
/// is a stream, each place of the sequence a tick.
/// </summary>
public sealed class OnnxNodeTests(ITestOutputHelper output)
{
    private const string Folder = "models/onnx-node";

    [DataFact(Folder)]
    public void Node_tests_come_out()
    {
        int compared = 0;
        foreach (string model in Directory.GetFiles(
            Path.Combine(Repository.Data, Folder), "model.onnx", SearchOption.AllDirectories).Order())
        {
            foreach (string set in Directory.GetDirectories(Path.GetDirectoryName(model)!, "test_data_set_*").Order())
                compared += Compare(OnnxGraph.Read(File.ReadAllBytes(model)), set);
        }

        Assert.True(compared > 0, "no node test could be compared");
    }

    [PythonFact("torch", "onnx")]
    public void A_node_of_every_kind_agrees_with_PyTorch_in_both_layouts()
    {
        // The recorded tests have one step each; PyTorch gives longer ones, written as ONNX writes them.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("realtime-onnx");
        try
        {
            string script = Path.Combine(Repository.Root, "tests", "Cells.Tests", "Foreign", "onnx_nodes.py");
            Python.Run(script, folder.FullName);
            string[] models = Directory.GetFiles(folder.FullName, "model.onnx", SearchOption.AllDirectories);
            Assert.Equal(10, models.Length);
            foreach (string model in models)
            {
                string set = Path.Combine(Path.GetDirectoryName(model)!, "test_data_set_0");
                Assert.Equal(1, Compare(OnnxGraph.Read(File.ReadAllBytes(model)), set));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs one data set with every kernel; 0 where the node asks for what a model cannot express.</summary>
    private int Compare(OnnxGraph graph, string set)
    {
        Dictionary<string, OnnxTensor> known = graph.Initializers.ToDictionary(tensor => tensor.Name);
        string[] open = [.. graph.Inputs.Where(name => !known.ContainsKey(name))];
        for (int i = 0; i < open.Length; i++) known[open[i]] = ReadTensor(set, $"input_{i}.pb");
        OnnxNode node = Assert.Single(graph.Nodes);
        RecurrentLayer layer;
        try
        {
            layer = OnnxRecurrentImport.Read(node, known);
        }
        catch (NotExpressibleException e)
        {
            output.WriteLine($"NOT COMPARED {set}: {e.Message}");
            return 0;
        }

        Model model = ForeignLayers.ModelOf("node", layer.Inputs, [layer]);
        foreach (string kernel in Kernels.Available)
        {
            Dictionary<string, float[]> results = Run(node, known, model, layer, kernel);
            for (int i = 0; i < graph.Outputs.Length; i++)
            {
                float[] expected = ReadTensor(set, $"output_{i}.pb").Values;
                Agreement.Within(1e-5, results[graph.Outputs[i]], expected, $"{set} {graph.Outputs[i]} {kernel}");
            }
        }

        return 1;
    }

    /// <summary>Y, Y_h and Y_c by the names the node gives them, in its layout.</summary>
    private static Dictionary<string, float[]> Run(OnnxNode node, Dictionary<string, OnnxTensor> known,
        Model model, RecurrentLayer layer, string kernel)
    {
        OnnxTensor x = known[node.InputAt(0)];
        bool batchFirst = (node.Attribute("layout")?.Integer ?? 0) == 1;
        int steps = x.Shape[batchFirst ? 1 : 0], batch = x.Shape[batchFirst ? 0 : 1], hidden = layer.Hidden;
        int[] lengths = known.TryGetValue(node.InputAt(4), out OnnxTensor? given)
            ? Array.ConvertAll(given.Values, length => (int)length)
            : [.. Enumerable.Repeat(steps, batch)];
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(batch);
        for (int b = 0; b < batch; b++) engine.Write(b, Initial(node, known, layer, b));
        float[] series = new float[steps * batch * hidden], state = new float[model.StateFloats];
        for (int t = 0; t < steps; t++)
        {
            int[] rows = [.. Enumerable.Range(0, batch).Where(b => t < lengths[b])];
            float[] inputs = [.. rows.SelectMany(b => Slice(x.Values, Place(t, b), layer.Inputs))];
            var outputs = new float[rows.Length * hidden];
            engine.Step(rows, inputs, outputs);
            for (int i = 0; i < rows.Length; i++)
                outputs.AsSpan(i * hidden, hidden).CopyTo(series.AsSpan(Place(t, rows[i]) * hidden));
        }

        float[] lastH = new float[batch * hidden], lastC = new float[batch * hidden];
        for (int b = 0; b < batch; b++)
        {
            engine.Read(b, state);
            state.AsSpan(0, hidden).CopyTo(lastH.AsSpan(b * hidden));
            if (layer is LstmLayer) state.AsSpan(hidden).CopyTo(lastC.AsSpan(b * hidden));
        }

        var results = new Dictionary<string, float[]>();
        results[node.OutputAt(0)] = series;
        results[node.OutputAt(1)] = lastH;
        results[node.OutputAt(2)] = lastC;
        return results;

        int Place(int t, int b) => batchFirst ? b * steps + t : t * batch + b;
    }

    private static float[] Initial(
        OnnxNode node, Dictionary<string, OnnxTensor> known, RecurrentLayer layer, int stream)
    {
        float[] Part(int input) => known.TryGetValue(node.InputAt(input), out OnnxTensor? given)
            ? Slice(given.Values, stream, layer.Hidden)
            : new float[layer.Hidden];
        return layer is LstmLayer ? [.. Part(5), .. Part(6)] : Part(5);
    }

    private static float[] Slice(float[] values, int i, int length) => values[(i * length)..((i + 1) * length)];

    private static OnnxTensor ReadTensor(string set, string file) =>
        OnnxTensor.Read(File.ReadAllBytes(Path.Combine(set, file)));
}
