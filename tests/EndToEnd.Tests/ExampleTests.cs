using System.Text.RegularExpressions;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests;

/// <summary>The examples that the documentation shows, run as a user runs them, against the built-in model.</summary>
public sealed class ExampleTests
{
    [PythonFact]
    public Task Publish_InPython_PrintsAForecastForEveryTick() =>
        CheckAsync("demo/python", endpoint => new Child(
            Programs.Python!, [Path.Combine(Programs.Examples, "publish.py"), endpoint]));

    [NodeFact]
    public async Task Publish_InJavaScript_PrintsAForecastForEveryTick()
    {
        var folder = DaemonProcess.TemporaryFolder();
        try
        {
            // The example beside modules that were installed elsewhere.
            File.Copy(Path.Combine(Programs.Examples, "publish.mjs"), Path.Combine(folder, "publish.mjs"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), Programs.NodeModules!);
            await CheckAsync(
                "demo/javascript", endpoint => new Child("node", [Path.Combine(folder, "publish.mjs"), endpoint]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public Task Publish_InCSharp_PrintsAForecastForEveryTick() =>
        CheckAsync("demo/csharp", endpoint => new Child(
            Programs.Dotnet, ["run", Path.Combine(Programs.Examples, "Publish.cs"), "--", endpoint], Repository.Root));

    [PythonFact]
    public Task ReadMe_InPython_Runs() => CheckReadMeAsync("python", "block.py", file => (Programs.Python!, [file]));

    [NodeFact]
    public Task ReadMe_InJavaScript_Runs() => CheckReadMeAsync("js", "block.mjs", file => ("node", [file]));

    [Fact]
    public Task ReadMe_InCSharp_Runs() =>
        CheckReadMeAsync("csharp", "block.cs", file => (Programs.Dotnet, ["run", file]));

    /// <summary>Runs a block of the README as it stands there, but for the places that a user's would be.</summary>
    private static async Task CheckReadMeAsync(
        string language, string name, Func<string, (string Program, string[] Arguments)> command)
    {
        var readMe = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        var block = Regex.Match(
            readMe, $"^```{language}\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(block.Success, $"no block of {language}");
        using var daemon = await DaemonProcess.StartAsync();
        var folder = DaemonProcess.TemporaryFolder();
        try
        {
            var file = Path.Combine(folder, name);
            await File.WriteAllTextAsync(file, block.Groups[1].Value
                .Replace("tcp://127.0.0.1:5571", daemon.Requests)
                .Replace("#:project src", $"#:project {Repository.Root}/src"));
            if (language == "js")
                Directory.CreateSymbolicLink(Path.Combine(folder, "node_modules"), Programs.NodeModules!);
            var (program, arguments) = command(file);
            using var example = new Child(program, arguments, Repository.Root);
            var code = await example.WaitAsync(TimeSpan.FromSeconds(90), $"the README's {language}");
            Assert.True(code == 0, $"exit code {code}\n{example.Everything}");
            Assert.Equal(3, Regex.Count(example.Output, @"^20\.[567] next: [0-9.]+$", RegexOptions.Multiline));
            Assert.Equal(3, (long)(await daemon.StatsAsync())["stepped"]!);
            await daemon.StopAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs an example twice: the second time it goes on where it stopped.</summary>
    private static async Task CheckAsync(string stream, Func<string, Child> start)
    {
        using var daemon = await DaemonProcess.StartAsync();
        for (var first = 1; first <= 21; first += 20)
        {
            using var example = start(daemon.Requests);
            var code = await example.WaitAsync(TimeSpan.FromSeconds(120), stream);
            Assert.True(code == 0, $"exit code {code}\n{example.Everything}\n=== the daemon\n{daemon.Everything}");

            var lines = example.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(20, lines.Length);
            for (var i = 0; i < lines.Length; i++)
                Assert.Matches(
                    $@"^{Regex.Escape(stream)} {first + i}: [0-9]+\.[0-9]{{3}}, next [0-9]+\.[0-9]{{3}}$", lines[i]);
        }

        Assert.Equal(40, (long)(await daemon.StatsAsync())["stepped"]!);
        await daemon.StopAsync();
    }
}
