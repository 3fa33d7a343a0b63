using System.Diagnostics;
using System.Text.Json;
using Realtime.Gpu.Tests.Support;
using Realtime.Tests;

namespace Realtime.Gpu.Tests;

/// <summary>What script/bench-gpu packs for a machine with a card and nothing else: it runs, from its archive alone.
/// </summary>
public sealed class BenchPackTests : IDisposable
{
    private const long MostBytes = 60_000_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("bench-gpu").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PoclFact]
    public void The_archive_checks_measures_and_prints_the_table_without_dotnet()
    {
        Run(new ProcessStartInfo(Path.Combine(Repository.Root, "script", "bench-gpu"), ["--pack"]), 0);
        string archive = Path.Combine(Repository.Root, "artifacts", "bench-gpu.tar.gz");
        Assert.InRange(new FileInfo(archive).Length, 1, MostBytes);
        Run(new ProcessStartInfo("tar", ["-C", _folder, "-xzf", archive]), 0);

        string output = Run(Alone("pocl", "300", "2"), 0);

        string[] lines = output.Split('\n');
        Assert.Equal(4 * 6 + 1, lines.Count(line => line.StartsWith("parity ", StringComparison.Ordinal)));
        Assert.DoesNotContain("FAILED", output, StringComparison.Ordinal);
        bool hasTorch = output.Contains("# beside it PyTorch", StringComparison.Ordinal);
        Assert.Equal(!hasTorch, output.Contains("LEFT OUT: PyTorch: ", StringComparison.Ordinal));
        Assert.Contains(
            "| 300 resident streams, one step | ≤ 0.65 ms | ≤ 0.25 ms | ", output, StringComparison.Ordinal);
        Assert.Contains("nothing passes or fails", output, StringComparison.Ordinal);
        using JsonDocument summary = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(_folder, "bench-gpu", "results", "summary.json")));
        string[] expected = ["gpu-gru-64-step-300", "gpu-gru-64-b300-p50", .. hasTorch ? (string[])
            ["gpu-gru-64-30-torch", "gpu-gru-64-300-torch", "gpu-gru-64-rollout-16-30-torch"] : []];
        Assert.Equal(expected, summary.RootElement.EnumerateArray().Select(row => row.GetProperty("name").GetString()));
        foreach (JsonElement row in summary.RootElement.EnumerateArray())
        {
            double low = row.GetProperty("low").GetDouble(), high = row.GetProperty("high").GetDouble();
            Assert.InRange(row.GetProperty("value").GetDouble(), low, high);
            // What is claimed is claimed of a GPU, and of a million streams.
            Assert.False(row.TryGetProperty("pass", out _));
        }

        Assert.Contains("expected one of", Run(Alone("no such device"), 78), StringComparison.Ordinal);
    }

    // As on a machine that has no more than a shell, python3 and drivers.
    private ProcessStartInfo Alone(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(_folder, "bench-gpu", "run"), arguments);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = _folder;
        return start;
    }

    private static string Run(ProcessStartInfo start, int code)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{start.FileName}: not done after {Limit}");
        }

        string all = output.Result + error.Result;
        Assert.True(process.ExitCode == code, $"{start.FileName} ended with {process.ExitCode}: {all}");
        return all;
    }
}
