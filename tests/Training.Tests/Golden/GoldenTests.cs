using System.Text.Json.Nodes;
using Realtime.Cells;
using Realtime.Training.Learning;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;
using Realtime.Training.Tests.Learning;

namespace Realtime.Training.Tests.Golden;

/// <summary>Against golden.json, which golden.py writes with PyTorch.</summary>
public sealed class GoldenTests
{
    private static readonly JsonNode Golden = JsonNode.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "tests/Training.Tests/Golden/golden.json")))!;

    public static TheoryData<string> Cases => Names("cases");
    public static TheoryData<string> Optimisers => Names("optimisers");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradient_IsPyTorchs(string name)
    {
        var one = Find("cases", name);
        using var learner = new Learner(LayersOf(one), LossOf(one["loss"]!), new((int)one["rows"]!, 8));
        var sum = learner.Gradient(BatchOf(one));
        Assert.Equal((double)one["value"]!, sum.Mean, 1e-6 * Math.Max(1, Math.Abs((double)one["value"]!)));
        for (var i = 0; i < one["tensors"]!.AsArray().Count; i++)
        {
            foreach (var (tensor, values) in one["tensors"]![i]!.AsObject())
            {
                Agreement.Relative(
                    Doubles(values!["gradient"]!), learner.GradientOf($"l{i}.{tensor}"), $"{name} l{i}.{tensor}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Optimisers))]
    public void Step_IsPyTorchs(string name)
    {
        var one = Find("optimisers", name);
        var optimiser = OptimiserOf(one);
        var weights = Floats(one["start"]!);
        foreach (var (gradient, after) in one["gradients"]!.AsArray().Zip(one["after"]!.AsArray()))
        {
            optimiser.Step(weights, Floats(gradient!), (double)one["rate"]!);
            for (var i = 0; i < weights.Length; i++)
            {
                Assert.Equal((float)(double)after![i]!, weights[i], 2e-6f);
            }
        }
    }

    private static Optimiser OptimiserOf(JsonNode one)
    {
        double Option(string key) => (double)one["options"]![key]!;
        return (string)one["kind"]! == "adam"
            ? new Adam((double)one["options"]!["betas"]![0]!, (double)one["options"]!["betas"]![1]!, Option("eps"),
                Option("weight_decay"))
            : new RmsProp(Option("alpha"), Option("eps"), Option("momentum"), Option("weight_decay"));
    }

    private static Layer[] LayersOf(JsonNode one) => [.. one["layers"]!.AsArray().Select((layer, i) =>
    {
        var w = one["tensors"]![i]!.AsObject().ToDictionary(t => t.Key, t => Floats(t.Value!["value"]!));
        int inputs = (int)layer!["inputs"]!, outputs = (int)layer["outputs"]!;
        var activation = layer["activation"] is { } text
            ? Enum.Parse<Activation>((string)text!, ignoreCase: true)
            : Activation.Linear;
        return (Layer)((string)layer["kind"]! switch
        {
            "rnn" => new RnnLayer($"l{i}", inputs, outputs, activation, w["weight_ih"], w["weight_hh"], w["bias_ih"],
                w["bias_hh"]),
            "gru" => new GruLayer($"l{i}", inputs, outputs, (bool)layer["resetAfter"]!, w["weight_ih"], w["weight_hh"],
                w["bias_ih"], w["bias_hh"]),
            "lstm" => new LstmLayer($"l{i}", inputs, outputs, w["weight_ih"], w["weight_hh"], w["bias_ih"],
                w["bias_hh"]),
            "embedding" => new EmbeddingLayer($"l{i}", (int)layer["vocabulary"]!, outputs, w["weight"]),
            _ => new DenseLayer($"l{i}", inputs, outputs, activation, w["weight"], w["bias"]),
        });
    })];

    private static Loss LossOf(JsonNode loss) => (string)loss["kind"]! switch
    {
        "squared" => new SquaredLoss(),
        "absolute" => new AbsoluteLoss(),
        "huber" => new HuberLoss((double)loss["delta"]!),
        "gaussian" => new GaussianLoss(),
        "binary" => new BinaryCrossEntropy(),
        "categorical" => new CategoricalCrossEntropy(),
        _ => new PinballLoss(Doubles(loss["levels"]!), new HuberLoss((double)loss["delta"]!)),
    };

    private static Batch BatchOf(JsonNode one)
    {
        int rows = (int)one["rows"]!, steps = (int)one["steps"]!;
        float[] x = Floats(one["x"]!), targets = Floats(one["target"]!);
        var batch = new Batch(rows, steps, x.Length / rows / steps, targets.Length / rows / steps);
        x.CopyTo(batch.Inputs, 0);
        targets.CopyTo(batch.Targets, 0);
        return batch;
    }

    private static TheoryData<string> Names(string group) =>
        new(Golden[group]!.AsArray().Select(one => (string)one!["name"]!));

    private static JsonNode Find(string group, string name) =>
        Golden[group]!.AsArray().First(one => (string)one!["name"]! == name)!;

    private static double[] Doubles(JsonNode array) =>
        [.. array.AsArray().Select(value => value is null ? double.NaN : (double)value)];

    private static float[] Floats(JsonNode array) => Array.ConvertAll(Doubles(array), value => (float)value);
}
