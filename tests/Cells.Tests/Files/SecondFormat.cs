using System.Text.Json.Nodes;

namespace Realtime.Cells.Tests.Files;

/// <summary>A file of format 2 with every part that can stand together, for tests to read or to damage.</summary>
internal static class SecondFormat
{
    /// <summary>Two inputs and outputs, running normalisation, a GRU that sees five numbers, two horizons.</summary>
    public static RawModel Running() => Make("""
        {
          "format": 2, "name": "second", "inputs": ["a", "b"],
          "normalise": {"kind": "running", "halfLife": 30, "clip": 4},
          "features": [
            {"kind": "difference", "of": "b", "clip": 2.5},
            {"kind": "hour", "harmonics": 2, "network": false},
            {"kind": "weekday"},
            {"kind": "difference", "of": "a", "network": false}
          ],
          "layers": [
            {"name": "rnn", "kind": "gru", "inputs": 5, "hidden": 3},
            {"name": "head", "kind": "dense", "inputs": 3, "outputs": 4, "activation": "linear"}
          ],
          "forecast": {"horizons": [1, 4], "outputs": ["b", "a"], "target": "difference", "clip": 3},
          "adapt": {"kind": "rls", "forgetting": 0.999, "ridge": 2, "features": "hidden+inputs"},
          "intervals": [0.8, 0.95]
        }
        """, inputs: 5, outputs: 4);

    /// <summary>One input, fixed normalisation, a scale of its differences, a normal distribution.</summary>
    public static RawModel Normal() => Make("""
        {
          "format": 2, "name": "normal", "inputs": ["a"],
          "normalise": {"kind": "fixed", "mean": [10], "std": [4]},
          "features": [{"kind": "difference", "of": "a"}],
          "layers": [
            {"name": "rnn", "kind": "gru", "inputs": 2, "hidden": 3},
            {"name": "head", "kind": "dense", "inputs": 3, "outputs": 4, "activation": "linear"}
          ],
          "forecast": {"horizons": [1, 4], "outputs": ["a"], "quantiles": [0.1, 0.5, 0.9],
                       "target": "difference", "distribution": "normal", "differenceStd": [0.5]}
        }
        """, inputs: 2, outputs: 4);

    private static RawModel Make(string description, int inputs, int outputs)
    {
        var raw = new RawModel();
        raw.Description.Clear();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(description)!.AsObject())
            raw.Description[key] = value!.DeepClone();
        raw.Tensors.Clear();
        raw.Tensors.AddRange(
        [
            new("rnn.weight_ih", 9, inputs), new("rnn.weight_hh", 9, 3), new("rnn.bias_ih", 9), new("rnn.bias_hh", 9),
            new("head.weight", outputs, 3), new("head.bias", outputs),
        ]);
        return raw;
    }
}
