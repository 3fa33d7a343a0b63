using System.Diagnostics;
using System.Text.Json.Nodes;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Commands;

public sealed class StreamsCommandTests : IDisposable
{
    private readonly RunningDaemon _daemon = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;

    public void Dispose()
    {
        _daemon.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task List_WithPrefixAndLimit_ShowsThoseAndSaysHowToGoOn()
    {
        _daemon.Feed(["pump/1", "pump/2", "pump/3", "fan/1"]);

        var all = await RunWellAsync("list");
        Assert.StartsWith("stream  model    seq  ticks", all.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["fan/1", "pump/1", "pump/2", "pump/3"], NamesIn(all));

        var two = await RunWellAsync("list", "--prefix", "pump/", "--limit", "2");
        Assert.Equal(["pump/1", "pump/2"], NamesIn(two));
        Assert.Equal("there are more: --after pump/2\n", two.Error);

        var json = await RunWellAsync("list", "--prefix", "pump/", "--after", "pump/2", "--json");
        var rest = JsonNode.Parse(json.Output)!;
        Assert.Equal("pump/3", (string)rest["streams"]![0]!["stream"]!);
        Assert.False((bool)rest["more"]!);
    }

    [Fact]
    public async Task List_OfMoreStreamsThanAPage_HasThemAll()
    {
        var names = Enumerable.Range(0, 1205).Select(static i => $"s{i:0000}").ToArray();
        _daemon.Feed(names, ticks: 1);

        Assert.Equal(names, NamesIn(await RunWellAsync("list")));
    }

    [Fact]
    public async Task Top_Once_ShowsTheDaemonAndItsStreamsInTheOrderAskedFor()
    {
        _daemon.Feed(["pump/1", "fan/1"], ticks: 5);
        _daemon.Feed(["pump/2"], ticks: 15);

        var table = await RunWellAsync("top", "--once", "--every", "0.2");
        Assert.Matches("^up .*, 3 streams, 0[.]0 ticks/s, 25 received, 0 duplicate, 0 rejected, 0 refused$",
            table.Lines[0]);
        Assert.StartsWith("stream  model    ticks/s  ticks  gaps", table.Lines[1], StringComparison.Ordinal);
        Assert.Equal(["fan/1", "pump/1", "pump/2"], table.Lines[2..].Select(static line => line.Split(' ')[0]));

        var named = await RunWellAsync(
            "top", "--once", "--every", "0.2", "--sort", "name", "--json", "--prefix", "pump/", "--limit", "1");
        var look = JsonNode.Parse(Assert.Single(named.Lines))!;
        Assert.Equal(25, (int)look["stats"]!["received"]!);
        var stream = Assert.Single(look["streams"]!.AsArray())!;
        Assert.Equal(("pump/1", 5, 0.0), ((string)stream["stream"]!, (int)stream["ticks"]!, (double)stream["rate"]!));
    }

    [Fact]
    public async Task Top_WithoutATerminal_WritesALineForEachLook()
    {
        _daemon.Feed(["a"], ticks: 1);
        using var process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(Program).Assembly.Location, "streams", "top", "--every", "0.2", "--to", _daemon.Requests])
        {
            RedirectStandardOutput = true,
        })!;
        for (var i = 0; i < 3; i++)
        {
            _daemon.Feed([$"s{i}"], ticks: 100);
            var line = await process.StandardOutput.ReadLineAsync();
            Assert.Matches(@"^up .* streams, [0-9. ]+ ticks/s, .* received, .*\| ", line);
        }

        process.Kill();
        await process.WaitForExitAsync();
    }

    [Fact]
    public async Task Show_AStream_SumsUpItsState()
    {
        _daemon.Feed(["pump/1"]);

        var result = await RunWellAsync("show", "pump/1");

        Assert.Contains("seq                  20, first 1", result.Output, StringComparison.Ordinal);
        Assert.Matches("layer rnn0 +h: 32 numbers, root mean square 0[.]", result.Output);
        var state = JsonNode.Parse((await RunWellAsync("show", "pump/1", "--json")).Output)!;
        Assert.Equal(20, (int)state["seq"]!);
    }

    [Fact]
    public async Task Show_AnUnknownStream_SaysSoAndFails()
    {
        var result = await RunAsync("show", "nobody");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("realtimed: unknown stream (code 2): nobody\n", result.Error);
    }

    [Fact]
    public async Task Last_OfStreams_ShowsEachHorizonAndNamesTheMissing()
    {
        _daemon.Feed(["pump/1"]);

        var result = await RunAsync("last", "pump/1", "pump/2");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("realtimed: pump/2 has no prediction\n", result.Error);
        Assert.Equal(1 + 8, result.Lines.Length);
        Assert.Matches("^pump/1 +20 .* 1 ", result.Lines[1]);
    }

    [Fact]
    public async Task Reset_AStream_KeepsItAndForgetDropsIt()
    {
        _daemon.Feed(["pump/1"]);

        Assert.Equal("pump/1 reset\n", (await RunWellAsync("reset", "pump/1")).Output);
        Assert.Equal(2, (await RunWellAsync("list")).Lines.Length);
        Assert.Equal("pump/1 forgotten\n", (await RunWellAsync("forget", "pump/1")).Output);
        Assert.Single((await RunWellAsync("list")).Lines);
        var again = await RunAsync("forget", "pump/1");
        Assert.Equal((1, "realtimed: the daemon has no stream pump/1\n"), (again.ExitCode, again.Error));
    }

    [Fact]
    public async Task Forget_APrefixWithYes_DropsThoseStreamsOnly()
    {
        _daemon.Feed(["pump/1", "pump/2", "fan/1"]);

        Assert.Equal("2 streams forgotten\n", (await RunWellAsync("forget", "--prefix", "pump/", "--yes")).Output);
        Assert.StartsWith("fan/1 ", (await RunWellAsync("list")).Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_APrefixWithoutATerminalOrYes_DoesNothing()
    {
        _daemon.Feed(["pump/1"]);
        var program = Path.Combine(AppContext.BaseDirectory, "realtimed.dll");
        var start = new ProcessStartInfo(
            "dotnet", [program, "streams", "forget", "--prefix", "pump/", "--to", _daemon.Requests])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();

        var error = await process.StandardError.ReadToEndAsync();
        Assert.Equal("realtimed: forget --prefix asks first; without a terminal it needs --yes\n", error);
        await process.WaitForExitAsync();
        Assert.Equal(64, process.ExitCode);
        Assert.Equal(2, (await RunWellAsync("list")).Lines.Length);
    }

    [Fact]
    public async Task ExportAndImport_IntoAnotherDaemon_CarryEveryBit()
    {
        var names = Enumerable.Range(0, 150).Select(static i => $"pump/{i}").ToArray();
        _daemon.Feed([.. names, "fan/1"]);
        var file = Path.Combine(_folder, "states");
        using var other = new RunningDaemon();

        var exported = await RunWellAsync("export", file, "--prefix", "pump/");
        var imported = await CommandLine.RunWellAsync("streams", "import", file, "--to", other.Requests);

        Assert.Equal($"150 states exported to {file}\n", exported.Output);
        Assert.Equal($"150 of 150 states imported from {file}\n", imported.Output);
        using var from = _daemon.Connect();
        using var to = other.Connect();
        foreach (var name in names)
        {
            Assert.Equal(StateOf(from, name), StateOf(to, name));
            var (here, there) = (from.Send(name, [3.25], 21, reply: true), to.Send(name, [3.25], 21, reply: true));
            Assert.Equal(here.Predictions[0]!.Mean[0][0], there.Predictions[0]!.Mean[0][0]);
        }
    }

    [Fact]
    public async Task Import_StatesThatDoNotFit_NamesThemAndTakesTheOthers()
    {
        _daemon.Feed(["pump/1"]);
        var file = Path.Combine(_folder, "states");
        await RunWellAsync("export", file);
        var writer = new MessagePackWriter();
        writer.WriteMapHeader(2);
        writer.WriteString("stream"u8);
        writer.WriteString("pump/2"u8);
        writer.WriteString("layers"u8);
        writer.WriteMapHeader(0);
        await File.AppendAllBytesAsync(file, writer.Written.ToArray());

        var result = await RunAsync("import", file);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"1 of 2 states imported from {file}\n", result.Output);
        Assert.Matches(@"^realtimed: pump/2 was not imported: shape \(code 3\): .+\n$", result.Error);
    }

    [Fact]
    public async Task Import_ADamagedFile_SaysWhere()
    {
        _daemon.Feed(["pump/1"]);
        var file = Path.Combine(_folder, "states");
        await RunWellAsync("export", file);
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..^5]);
        var foreign = Path.Combine(_folder, "foreign");
        await File.WriteAllTextAsync(foreign, "hello");

        var cutOff = await RunAsync("import", file);
        var wrong = await RunAsync("import", foreign);
        var missing = await RunAsync("import", Path.Combine(_folder, "missing"));

        Assert.Equal((1, 1, 1), (cutOff.ExitCode, wrong.ExitCode, missing.ExitCode));
        Assert.Matches(
            @"^realtimed: .*states: byte \d+: found a damaged or cut off element, expected a map\n$", cutOff.Error);
        Assert.Equal(
            $"realtimed: {foreign}: found no header, expected a file that realtimed streams export wrote\n",
            wrong.Error);
        Assert.Contains("missing", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_ThatFails_LeavesTheOldFile()
    {
        var file = Path.Combine(_folder, "states");
        await File.WriteAllTextAsync(file, "old");

        var result = await CommandLine.RunAsync(
            "streams", "export", file, "--to", $"ipc://{_folder}/nobody", "--timeout", "0.2");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("did not take a request within 0.2 s; is it running?", result.Error, StringComparison.Ordinal);
        Assert.Equal("old", await File.ReadAllTextAsync(file));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Stats_AsJson_AreThoseOfTheDaemon()
    {
        _daemon.Feed(["pump/1"], ticks: 7);

        var json = await CommandLine.RunWellAsync("stats", "--json", "--to", _daemon.Requests);
        Assert.Equal(7, (int)JsonNode.Parse(json.Output)!["stepped"]!);
        var table = await CommandLine.RunWellAsync("stats", "--to", _daemon.Requests);
        Assert.Matches(@"(?m)^stepped +7$", table.Output);
    }

    private static IEnumerable<string> NamesIn(CommandResult list) =>
        list.Lines.Skip(1).Select(static line => line.Split(' ')[0]);

    private static string StateOf(RealtimeClient client, string stream) =>
        client.Request("state.get", "stream", stream)["state"].ToString();

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(["streams", .. arguments, "--to", _daemon.Requests]);

    private Task<CommandResult> RunWellAsync(params string[] arguments) =>
        CommandLine.RunWellAsync(["streams", .. arguments, "--to", _daemon.Requests]);
}
