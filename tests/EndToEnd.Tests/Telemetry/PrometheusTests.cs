using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary><c>/metrics</c> of a real daemon, and what is in <c>docs/</c> to be used with it.</summary>
public sealed partial class PrometheusTests : IDisposable
{
    private static readonly string Rules = Path.Combine(Repository.Root, "docs", "prometheus-rules.yaml");
    private static readonly string Dashboard = Path.Combine(Repository.Root, "docs", "grafana-dashboard.json");

    private readonly string _folder = DaemonProcess.TemporaryFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PromtoolFact]
    public async Task Promtool_finds_nothing_to_say_about_the_metrics()
    {
        var page = await PageAsync();
        var file = Path.Combine(_folder, "metrics.txt");
        await File.WriteAllTextAsync(file, page);
        using var check = new Child("sh", ["-c", $"exec {Programs.Promtool} check metrics <{file}"]);
        var code = await check.WaitAsync(TimeSpan.FromSeconds(20), "promtool check metrics");
        Assert.True(code == 0 && check.Everything.Split('\n').All(static line => line.Length == 0 || line[0] == '-'),
            $"{code} {check.Everything}");
    }

    [PromtoolFact]
    public async Task Promtool_accepts_the_rules_and_each_alert_fires_where_it_should()
    {
        await PromtoolAsync("check", "rules", "--lint=all", "--lint-fatal", Rules);
        File.Copy(Rules, Path.Combine(_folder, Path.GetFileName(Rules)));
        var test = Path.Combine(_folder, "test.yaml");
        var cases = Path.Combine("tests", "EndToEnd.Tests", "Telemetry", "rules", "prometheus-rules.test.yaml");
        File.Copy(Path.Combine(Repository.Root, cases), test);
        await PromtoolAsync("test", "rules", test);
        var alerts = Alert().Matches(await File.ReadAllTextAsync(Rules)).Select(static one => one.Groups[1].Value);
        Assert.NotEmpty(alerts);
        var tested = await File.ReadAllTextAsync(test);
        Assert.All(alerts, alert => Assert.Contains($"- name: {alert}\n", tested, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_metric_of_the_rules_and_the_dashboard_exists()
    {
        var page = await PageAsync();
        var there = Type().Matches(page).Select(static one => one.Groups[1].Value).ToHashSet();
        Assert.Contains("realtime_tick_latency_seconds", there);
        foreach (var file in new[] { Rules, Dashboard })
        {
            var named = Metric().Matches(await File.ReadAllTextAsync(file)).Select(static one => one.Value).Distinct()
                .ToArray();
            Assert.True(named.Length > 10);
            Assert.All(named, name => Assert.True(
                there.Contains(name) || there.Contains(Part().Replace(name, "")), $"{file} names {name}"));
        }

        // Their bound is one of those told.
        Assert.Contains("le=\"0.00390625\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dashboard_is_laid_out_without_overlaps()
    {
        var panels = JsonNode.Parse(await File.ReadAllTextAsync(Dashboard))!["panels"]!.AsArray();
        Assert.True(panels.Count > 20);
        Assert.Equal(panels.Count, panels.Select(static panel => (int)panel!["id"]!).Distinct().Count());
        var cells = new HashSet<(int, int)>();
        foreach (var panel in panels.Select(static panel => panel!["gridPos"]!))
        {
            for (var x = (int)panel["x"]!; x < (int)panel["x"]! + (int)panel["w"]!; x++)
                for (var y = (int)panel["y"]!; y < (int)panel["y"]! + (int)panel["h"]!; y++)
                    Assert.True(cells.Add((x, y)) && x < 24, $"{panel}");
        }
    }

    private async Task<string> PageAsync()
    {
        using var daemon = await DaemonProcess.StartAsync(new JsonObject
        {
            ["state"] = new JsonObject { ["directory"] = Path.Combine(_folder, "state") },
        });
        new TracedLoad(daemon).Run();
        var page = await daemon.GetAsync("/metrics");
        // What is told of the streams as a whole is of a round through them, which comes once a second.
        for (var tries = 0; tries < 100 && !page.Contains("realtime_model_coverage{"); tries++)
        {
            await Task.Delay(100);
            page = await daemon.GetAsync("/metrics");
        }

        Assert.Contains("realtime_ticks_received_total 20000\n", page, StringComparison.Ordinal);
        await daemon.StopAsync();
        return page;
    }

    private static async Task PromtoolAsync(params string[] arguments)
    {
        using var child = new Child(Programs.Promtool!, arguments);
        var code = await child.WaitAsync(TimeSpan.FromSeconds(60), $"promtool {arguments[0]}");
        Assert.True(code == 0, child.Everything);
    }

    [GeneratedRegex(@"^\s+- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^# TYPE (\w+) \w+$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"\b(realtime|dotnet|process)_[a-z0-9_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
