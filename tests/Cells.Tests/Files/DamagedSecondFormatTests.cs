using System.Text.Json.Nodes;

namespace Realtime.Cells.Tests.Files;

/// <summary>What format 2 adds is refused as strictly: the key, what was expected, and what was found.</summary>
public sealed class DamagedSecondFormatTests
{
    private static readonly (string Name, Action<RawModel> Damage, string Place, string[] Words)[] Running =
    [
        ("features an object", m => m.Description["features"] = new JsonObject(), "features", ["expected an array"]),
        ("feature a text", m => Features(m)[0] = "hour", "features[0]", ["expected an object", "'hour'"]),
        ("unknown feature", m => Feature(m, 0)["kind"] = "lag",
            "features[0].kind", ["difference, hour or weekday", "'lag'"]),
        ("feature without kind", m => Feature(m, 2).Remove("kind"), "features[2].kind", ["expected this key"]),
        ("difference of nothing", m => Feature(m, 0).Remove("of"), "features[0].of", ["expected this key"]),
        ("difference of no input", m => Feature(m, 0)["of"] = "c", "features[0].of", ["a or b", "found 'c'"]),
        ("difference with clip 0", m => Feature(m, 0)["clip"] = 0, "features[0].clip", ["above 0", "found 0"]),
        ("difference with std", m => Feature(m, 0)["std"] = 1.5, "features[0].std", ["none", "running", "found 1.5"]),
        ("difference with harmonics", m => Feature(m, 0)["harmonics"] = 2, "features[0].harmonics", ["unknown key"]),
        ("hour without harmonics", m => Feature(m, 1)["harmonics"] = 0, "features[1].harmonics", ["from 1 to 24"]),
        ("hour with 25 harmonics", m => Feature(m, 1)["harmonics"] = 25, "features[1].harmonics", ["found 25"]),
        ("weekday of an input", m => Feature(m, 2)["of"] = "a", "features[2].of", ["unknown key", "network"]),
        ("network a number", m => Feature(m, 2)["network"] = 0, "features[2].network", ["true or false", "found 0"]),
        ("network sees one more", m => Feature(m, 1).Remove("network"),
            "layers[0].inputs", ["expected 9", "the inputs of the model and 7 of its features", "found 5"]),
        ("clip 0", m => m.Part("normalise")["clip"] = 0, "normalise.clip", ["above 0", "found 0"]),
        ("unknown target", m => m.Part("forecast")["target"] = "ratio",
            "forecast.target", ["value or difference", "'ratio'"]),
        ("target's clip -1", m => m.Part("forecast")["clip"] = -1, "forecast.clip", ["above 0", "found -1"]),
        ("clip of values", m => m.Part("forecast")["target"] = "value", "forecast.clip", ["none", "found 3"]),
        ("difference of an output that is no input",
            m => m.Part("forecast")["outputs"] = RawModel.Json("""["b","life"]"""),
            "forecast.target", ["inputs only", "'life'"]),
        ("differenceStd with running", m => m.Part("forecast")["differenceStd"] = RawModel.Json("[1,1]"),
            "forecast.differenceStd", ["none with running", "array of 2"]),
        ("unknown distribution", m => m.Part("forecast")["distribution"] = "gamma",
            "forecast.distribution", ["expected normal", "'gamma'"]),
        ("head too small for a distribution", m =>
            {
                m.Part("forecast")["distribution"] = "normal";
                m.Description.Remove("intervals");
            },
            "forecast", ["expected 4", "found 8", "2 for mean and variance"]),
        ("unknown key of adapt", m => m.Part("adapt")["lambda"] = 1, "adapt.lambda", ["unknown key", "forgetting"]),
        ("adapt true", m => m.Description["adapt"] = true, "adapt", ["expected an object", "true"]),
        ("adapt of another kind", m => m.Part("adapt")["kind"] = "lms", "adapt.kind", ["expected rls", "'lms'"]),
        ("forgetting above 1", m => m.Part("adapt")["forgetting"] = 1.01, "adapt.forgetting", ["at most 1", "1.01"]),
        ("forgetting 0", m => m.Part("adapt")["forgetting"] = 0, "adapt.forgetting", ["above 0", "found 0"]),
        ("ridge 0", m => m.Part("adapt")["ridge"] = 0, "adapt.ridge", ["above 0", "found 0"]),
        ("unknown features of adapt", m => m.Part("adapt")["features"] = "inputs",
            "adapt.features", ["hidden or hidden+inputs", "'inputs'"]),
        ("adapt on an output that is no input", m =>
            {
                m.Part("forecast")["outputs"] = RawModel.Json("""["b","life"]""");
                m.Part("forecast").Remove("target");
                m.Part("forecast").Remove("clip");
            },
            "adapt", ["'life'", "to be an input"]),
        ("no intervals", m => m.Description["intervals"] = new JsonArray(), "intervals", ["at least one"]),
        ("interval 1", m => m.Description["intervals"] = RawModel.Json("[0.5,1]"),
            "intervals[1]", ["between 0 and 1", "found 1"]),
        ("intervals descend", m => m.Description["intervals"] = RawModel.Json("[0.9,0.8]"),
            "intervals[1]", ["more than 0.9", "found 0.8"]),
        ("an interval of a hair", m => m.Description["intervals"] = RawModel.Json("[1e-14]"),
            "intervals", ["tell apart", "1E-14"]),
        ("intervals a number", m => m.Description["intervals"] = 0.8, "intervals", ["expected an array", "0.8"]),
        ("intervals beside a distribution", m => m.Part("forecast")["distribution"] = "normal", "forecast", []),
        ("score a text", m => m.Description["score"] = "yes", "score", ["true or false", "'yes'"]),
        ("unknown key", m => m.Description["scores"] = true,
            "scores", ["unknown key", "features", "adapt", "intervals", "score"]),
    ];

    private static readonly (string Name, Action<RawModel> Damage, string Place, string[] Words)[] Normal =
    [
        ("intervals beside a distribution", m => m.Description["intervals"] = RawModel.Json("[0.8]"),
            "intervals", ["forecast.distribution"]),
        ("intervals beside quantiles", m =>
            {
                m.Part("forecast").Remove("distribution");
                m.Part("forecast")["quantiles"] = RawModel.Json("[0.9]");
                m.Description["intervals"] = RawModel.Json("[0.8]");
            },
            "intervals", ["forecast.quantiles"]),
        ("normalise.clip with fixed", m => m.Part("normalise")["clip"] = 5, "normalise.clip", ["unknown key"]),
        ("no differenceStd", m => m.Part("forecast").Remove("differenceStd"),
            "forecast.differenceStd", ["one number per output", "found none"]),
        ("differenceStd too long", m => m.Part("forecast")["differenceStd"] = RawModel.Json("[1,2]"),
            "forecast.differenceStd", ["that is 1", "found 2"]),
        ("differenceStd 0", m => m.Part("forecast")["differenceStd"] = RawModel.Json("[0]"),
            "forecast.differenceStd[0]", ["above 0", "found 0"]),
        ("a difference that has no scale", m =>
            {
                m.Part("forecast").Remove("differenceStd");
                m.Part("forecast")["target"] = "value";
            },
            "features[0].std", ["forecast.differenceStd", "'a'", "found none"]),
        ("differenceStd of no input", m =>
            {
                m.Part("forecast")["outputs"] = RawModel.Json("""["life"]""");
                m.Part("forecast")["target"] = "value";
                Feature(m, 0)["std"] = 2;
            },
            "forecast.differenceStd", ["'life'"]),
        ("score on no input", m =>
            {
                m.Part("forecast")["outputs"] = RawModel.Json("""["life"]""");
                m.Part("forecast").Remove("target");
                m.Part("forecast").Remove("differenceStd");
                Feature(m, 0)["std"] = 2;
                m.Description["score"] = true;
            },
            "score", ["'life'"]),
        ("adapt for a classifier", m =>
            {
                MakeClassifier(m);
                m.Description["adapt"] = RawModel.Json("""{"kind":"rls"}""");
            },
            "adapt", ["classifier"]),
        ("intervals for a classifier", m =>
            {
                MakeClassifier(m);
                m.Description["intervals"] = RawModel.Json("[0.5]");
            },
            "intervals", ["classifier"]),
        ("target of a classifier", m =>
            {
                MakeClassifier(m);
                m.Part("forecast")["target"] = "difference";
            },
            "forecast.target", ["unknown key"]),
        ("adapt without a state", m =>
            {
                m.Description["adapt"] = RawModel.Json("""{"kind":"rls"}""");
                m.Description["layers"]!.AsArray().RemoveAt(0);
                m.Layer(0)["inputs"] = 2;
                m.Tensors.RemoveRange(0, 5);
                m.Tensors.Insert(0, new RawTensor("head.weight", 4, 2));
            },
            "adapt", ["recurrent layer"]),
        ("features of tokens", m =>
            {
                MakeTokens(m);
                m.Description["features"] = RawModel.Json("""[{"kind":"hour","network":false}]""");
            },
            "features", ["model of tokens", "found 1"]),
        ("adapt on tokens", m =>
            {
                MakeTokens(m);
                m.Description["adapt"] = RawModel.Json("""{"kind":"rls"}""");
            },
            "adapt", ["model of tokens"]),
    ];

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var damage in Running) cases.Add(damage.Name, true);
            foreach (var damage in Normal) cases.Add(damage.Name, false);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_DamagedFile_NamesTheCulprit(string name, bool running)
    {
        var (_, damage, place, words) = (running ? Running : Normal).Single(d => d.Name == name);
        RawModel raw = running ? SecondFormat.Running() : SecondFormat.Normal();
        damage(raw);
        ModelFormatException e = Assert.Throws<ModelFormatException>(() => Model.Read(raw.ToBytes(), "second"));
        Assert.StartsWith("second: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(place, e.Place);
        Assert.DoesNotContain('\n', e.Message);
        foreach (string word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    private static JsonArray Features(RawModel model) => model.Description["features"]!.AsArray();

    private static JsonObject Feature(RawModel model, int i) => Features(model)[i]!.AsObject();

    private static void MakeClassifier(RawModel model)
    {
        model.Layer(1)["activation"] = "softmax";
        model.Description["forecast"] = RawModel.Json("""{"classes":["a","b","c","d"]}""");
        Feature(model, 0)["std"] = 2;
    }

    private static void MakeTokens(RawModel model)
    {
        model.Description["normalise"] = RawModel.Json("""{"kind":"none"}""");
        model.Description.Remove("features");
        model.Description["forecast"] = RawModel.Json("""{"horizons":[1,2,3,4],"outputs":["a"]}""");
        model.Description["layers"]!.AsArray().Insert(0,
            RawModel.Json("""{"name":"tokens","kind":"embedding","vocabulary":7,"outputs":2}"""));
        model.Tensors.Add(new RawTensor("tokens.weight", 7, 2));
    }
}
