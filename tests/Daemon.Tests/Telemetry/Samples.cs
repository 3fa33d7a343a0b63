using System.Globalization;
using System.Text.RegularExpressions;

namespace Realtime.Daemon.Tests.Telemetry;

/// <summary>What a page of metrics says, read line by line.</summary>
internal sealed partial class Samples
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    public Samples(string page)
    {
        foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Type().Match(line) is { Success: true } type)
                Types.Add(type.Groups[1].Value, type.Groups[2].Value);
            if (line[0] == '#')
                continue;
            var sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            _values.Add(sample.Groups[1].Value, double.Parse(sample.Groups[2].Value, CultureInfo.InvariantCulture));
        }
    }

    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => _values.Keys;

    public double this[string key] => _values[key];

    public double SumOf(string prefix) =>
        _values.Where(one => one.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(static one => one.Value);

    [GeneratedRegex(@"^# TYPE (\w+) (\w+)$")]
    private static partial Regex Type();

    [GeneratedRegex("""^([a-z_]+(?:\{.*\})?) (\S+)$""")]
    private static partial Regex Sample();
}
