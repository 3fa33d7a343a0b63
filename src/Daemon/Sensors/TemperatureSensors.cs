using System.Globalization;

namespace Realtime.Daemon.Sensors;

/// <summary>The temperatures of <c>/sys/class/thermal</c> and <c>/sys/class/hwmon</c>, looked up once.</summary>
internal sealed class TemperatureSensors
{
    private const double MillidegreesPerDegree = 1000;
    private const double AbsoluteZero = -273.15;
    private const double Hottest = 1000;

    private readonly List<(string Stream, string File)> _sensors = [];

    public TemperatureSensors(string sys)
    {
        foreach (var zone in Folders(Path.Combine(sys, "class/thermal"), "thermal_zone*"))
        {
            Add(Named(zone, "type"), Path.Combine(zone, "temp"));
        }
        foreach (var chip in Folders(Path.Combine(sys, "class/hwmon"), "hwmon*"))
        {
            foreach (var input in Directory.GetFiles(chip, "temp*_input").Order(StringComparer.Ordinal))
            {
                var sensor = Path.GetFileName(input)[..^"_input".Length];
                var label = ProcFile.Read(chip, sensor + "_label");
                Add($"{Named(chip, "name")}/{Clean(label.Length == 0 ? sensor : label)}", input);
            }
        }
    }

    public void Read(SensorSweep sweep)
    {
        foreach (var (stream, file) in _sensors)
        {
            var text = ProcFile.Read(Path.GetDirectoryName(file)!, Path.GetFileName(file));
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var millidegrees)
                && millidegrees / MillidegreesPerDegree is > AbsoluteZero and < Hottest)
            {
                sweep.Gauge(stream, millidegrees / MillidegreesPerDegree, "°C");
            }
        }
    }

    private void Add(string name, string file)
    {
        var stream = $"host/temperature/{name}";
        var same = _sensors.Count(each => each.Stream == stream || each.Stream.StartsWith(stream + "#",
            StringComparison.Ordinal));
        _sensors.Add((same == 0 ? stream : $"{stream}#{same + 1}", file));
    }

    private static string Named(string folder, string file)
    {
        var name = Clean(ProcFile.Read(folder, file));
        return name.Length == 0 ? Path.GetFileName(folder) : name;
    }

    private static string Clean(string name) =>
        string.Concat(name.Trim().ToLowerInvariant().Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' ? c : '-'));

    private static IOrderedEnumerable<string> Folders(string parent, string pattern)
    {
        var folders = Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern) : [];
        return folders.OrderBy(folder => folder.Length).ThenBy(folder => folder, StringComparer.Ordinal);
    }
}
