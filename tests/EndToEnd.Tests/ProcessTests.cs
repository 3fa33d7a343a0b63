using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests;

/// <summary>The program as its surroundings see it: signals, exit codes, messages.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private readonly string _folder = DaemonProcess.TemporaryFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Child.Terminate)]
    [InlineData(Child.Interrupt)]
    public async Task Run_Signalled_StopsSoonWithExitCodeZero(int signal)
    {
        using var daemon = await DaemonProcess.StartAsync();
        var watch = Stopwatch.StartNew();
        await daemon.StopAsync(signal);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Run_WithPortZero_LogsTheEndpointsItChose()
    {
        var endpoints = new JsonObject
        {
            ["ingest"] = "tcp://127.0.0.1:0",
            ["requests"] = "tcp://127.0.0.1:0",
            ["predictions"] = "tcp://127.0.0.1:0",
        };
        using var daemon = await DaemonProcess.StartAsync(new() { ["endpoints"] = endpoints });
        var chosen = ChosenEndpoint().Matches(daemon.Everything).Select(static match => match.Value).Distinct();
        Assert.True(chosen.Count() >= 3, $"three endpoints with ports above 0 in the log\n{daemon.Everything}");
        await daemon.StopAsync();
    }

    [Theory]
    [InlineData("{\n  \"streams\": { \"maxx\": 5 }\n}", 2, "max")]
    [InlineData("{\n  // a comment\n  \"frame\": { \"maxTicks\": \"many\" }\n}", 3, "many")]
    [InlineData("{\n  \"streams\": {\n    \"max\": -1\n  }\n}", 3, "-1")]
    [InlineData("{\n  \"streams\": { \"onGap\": \"jump\" }\n}", 2, "impute")]
    [InlineData("{ \"streams\": ", 1, "")]
    public async Task Run_WithWrongConfiguration_Exits78NamingThePlace(string text, int line, string named)
    {
        var file = Path.Combine(_folder, "wrong.json");
        await File.WriteAllTextAsync(file, text);
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Matches($@"{Regex.Escape(file)}:{line}:[0-9]+: ", errors);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithMissingConfiguration_Exits78NamingTheFile()
    {
        var file = Path.Combine(_folder, "absent.json");
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithWrongModel_Exits78NamingIt()
    {
        var file = Path.Combine(_folder, "realtimed.json");
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken.safetensors"), "not a model");
        await File.WriteAllTextAsync(file, """{"models": [{"name": "broken", "file": "broken.safetensors"}]}""");
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Contains("broken.safetensors", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--no-such-option")]
    [InlineData("no-such-verb")]
    [InlineData("run", "--config")]
    public async Task Program_WronglyUsed_Exits64(params string[] arguments)
    {
        var (code, errors) = await RunAsync(arguments);
        Assert.Equal(64, code);
        Assert.NotEqual("", errors.Trim());
    }

    [GeneratedRegex(@"tcp://127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex ChosenEndpoint();

    private async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = new Child(Programs.Dotnet, [Programs.Daemon, .. arguments], _folder);
        var code = await process.WaitAsync(TimeSpan.FromSeconds(30), string.Join(' ', arguments));
        return (code, process.Errors);
    }
}
