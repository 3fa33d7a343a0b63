using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Realtime.Bench.Gpu;

/// <summary>All figures of a run, and what is claimed of some.</summary>
/// <param name="name">The card's name.</param>
/// <param name="card">The same with driver and memory.</param>
/// <param name="isClaimed">Device and sizes are those that the claims are about.</param>
internal sealed class Figures(string name, string card, bool isClaimed)
{
    private readonly Dictionary<string, Figure> _figures = [];
    private readonly List<Claim> _claims = [];

    private sealed record Claim(string Row, string Text, Figure Figure, bool HigherIsBetter, double Pass, double Aim);

    public Figure Of(string what, string unit)
    {
        if (!_figures.TryGetValue(what, out Figure? figure)) _figures.Add(what, figure = new Figure(what, unit));
        return figure;
    }

    /// <summary>Says what a figure has to reach.</summary>
    /// <param name="row">Its name in summary.json.</param>
    /// <param name="text">As the table has it.</param>
    /// <param name="figure">With at least one round.</param>
    /// <param name="higherIsBetter">Else lower is.</param>
    /// <param name="pass">What it has to reach.</param>
    /// <param name="aim">What is aimed at.</param>
    public void Expect(string row, string text, Figure figure, bool higherIsBetter, double pass, double aim) =>
        _claims.Add(new Claim(row, text, figure, higherIsBetter, pass, aim));

    /// <summary>Prints all figures, then the table as docs/performance.md has it.</summary>
    public void Print(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"# {card}: medians (lowest to highest)");
        foreach (Figure figure in _figures.Values.Where(figure => figure.Rounds.Count > 0)) output.WriteLine(figure);
        output.WriteLine();
        output.WriteLine($"| GRU-64 on {name} | to pass | aimed at | measured | lowest to highest |");
        output.WriteLine("|---|---|---|---|---|");
        foreach (Claim claim in _claims)
        {
            string bound = claim.HigherIsBetter ? "≥" : "≤", unit = claim.Figure.Unit;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {claim.Text} | {bound} {claim.Pass:g4} {unit} | {bound} {claim.Aim:g4} {unit} | "
                + $"{claim.Figure.Median:g4} {unit}{Verdict(claim)} | "
                + $"{claim.Figure.Low:g4} to {claim.Figure.High:g4} |"));
        }

        if (!isClaimed)
            output.WriteLine("Another device or other sizes than the claims are about: nothing passes or fails.");
    }

    /// <summary>Puts the claims into summary.json; other rows stay as they were.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "summary.json");
        var rows = new JsonArray();
        if (File.Exists(file))
        {
            foreach (JsonNode? row in JsonNode.Parse(File.ReadAllText(file))!.AsArray())
                if (_claims.All(claim => claim.Row != (string?)row!["name"])) rows.Add((JsonNode)row!.DeepClone());
        }

        foreach (Claim claim in _claims) rows.Add((JsonNode)Row(claim));
        using (FileStream stream = File.Create(file))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) rows.WriteTo(writer);
        var samples = new JsonObject { ["card"] = card };
        foreach (Figure figure in _figures.Values)
            samples[$"{figure.Name}, {figure.Unit}"] = new JsonArray([.. figure.Rounds.Select(one => (JsonNode)one)]);
        using (FileStream stream = File.Create(Path.Combine(folder, "gpu.json")))
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            samples.WriteTo(writer);
        Console.WriteLine($"{file} and gpu.json beside it are written");
    }

    private JsonObject Row(Claim claim)
    {
        var row = new JsonObject
        {
            ["name"] = claim.Row,
            ["value"] = claim.Figure.Median,
            ["unit"] = claim.Figure.Unit,
            ["low"] = claim.Figure.Low,
            ["high"] = claim.Figure.High,
            ["better"] = claim.HigherIsBetter ? "higher" : "lower",
            ["device"] = card,
        };
        if (isClaimed) (row["pass"], row["aim"]) = (claim.Pass, claim.Aim);
        return row;
    }

    private string Verdict(Claim claim)
    {
        if (!isClaimed) return "";
        return Reaches(claim, claim.Aim) ? ", aim reached" : Reaches(claim, claim.Pass) ? ", passed" : ", NOT PASSED";
    }

    private static bool Reaches(Claim claim, double line) =>
        claim.HigherIsBetter ? claim.Figure.Median >= line : claim.Figure.Median <= line;
}
