using System.Globalization;
using System.Text.Json;
using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite;

/// <summary>
/// Collects the rows of the claims for summary.json, and raw samples, a file per part. Rows of parts that were not run
/// this time stay as they were.
/// </summary>
internal sealed class Results(string folder)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Dictionary<string, Row> _rows = [];
    private readonly HashSet<string> _attempted = [];
    private readonly Dictionary<string, Dictionary<string, IReadOnlyList<double>>> _samples = [];

    /// <summary>Says that a claim is about to be measured; without a row it is then missing.</summary>
    public void Attempt(string claim) => _attempted.Add(claim);

    public void Add(string claim, Spread spread) => _rows[claim] = new Row(claim, Claims.All[claim], spread);

    /// <summary>Keeps what rounds gave.</summary>
    /// <param name="part">Names the file.</param>
    /// <param name="name">What was measured, with its unit.</param>
    /// <param name="rounds">One number per round.</param>
    public void Keep(string part, string name, IEnumerable<double> rounds)
    {
        if (!_samples.TryGetValue(part, out var samples))
            _samples[part] = samples = [];
        samples[name] = [.. rounds];
    }

    /// <summary>Writes the files and prints the claims.</summary>
    public void Save()
    {
        foreach (var (part, samples) in _samples)
            File.WriteAllText(Path.Combine(folder, part + ".json"), JsonSerializer.Serialize(samples, Indented));
        Console.WriteLine();
        Console.WriteLine("# Claims: median over rounds (lowest to highest)");
        Console.WriteLine($"{"",-28} {"value",10} {"low",10} {"high",10}  {"unit",-10} {"pass",6} {"aim",6}");
        foreach (var row in _rows.Values)
            Console.WriteLine(row.Text);
        string[] missing = [.. _attempted.Where(claim => !_rows.ContainsKey(claim))];
        if (missing.Length > 0)
            Console.WriteLine($"MISSING: {string.Join(", ", missing)}");

        var file = Path.Combine(folder, "summary.json");
        var all = Earlier(file).Where(row => !_attempted.Contains(row.Key)).Select(static row => row.Value)
            .Concat(_rows.Values.Select(static row => row.Json));
        File.WriteAllText(file, JsonSerializer.Serialize(all, Indented));
        Console.WriteLine($"{file} and the samples beside it are written");
    }

    private static Dictionary<string, JsonElement> Earlier(string file)
    {
        if (!File.Exists(file))
            return [];
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.EnumerateArray()
            .ToDictionary(static row => row.GetProperty("name").GetString()!, static row => row.Clone());
    }

    private sealed record Row(string Name, Claim Claim, Spread Spread)
    {
        public JsonElement Json => JsonSerializer.SerializeToElement(new
        {
            name = Name,
            value = Spread.Median,
            unit = Claim.Unit,
            low = Spread.Low,
            high = Spread.High,
            better = Claim.HigherIsBetter ? "higher" : "lower",
            pass = Claim.Pass,
            aim = Claim.Aim,
        });

        public string Text => string.Create(
            CultureInfo.InvariantCulture,
            $"{Name,-28} {Number(Spread.Median)} {Number(Spread.Low)} {Number(Spread.High)}  {Claim.Unit,-10} {Lines}");

        // Errors differ in their third decimal.
        private static string Number(double value) => Math.Abs(value) < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{value,10:0.00##}")
            : string.Create(CultureInfo.InvariantCulture, $"{value,10:F2}");

        private string Lines =>
            string.Create(CultureInfo.InvariantCulture, $"{Claim.Pass,6} {Claim.Aim,6} {Verdict}");

        private string Verdict => Reaches(Claim.Aim) ? "aim reached" : Reaches(Claim.Pass) ? "passed" : "NOT PASSED";

        private bool Reaches(double line) => Claim.HigherIsBetter ? Spread.Median >= line : Spread.Median <= line;
    }
}
