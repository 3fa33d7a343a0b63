using System.Text.Json.Nodes;
using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Commands;

public sealed class ReplayCommandTests : IDisposable
{
    private static readonly (string, Model)[] BuiltIn = [("*", ModelLoading.ReadBuiltIn())];

    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Replay_AClosedJournal_SaysWhatItHolds()
    {
        string states;
        using (var daemon = Record(20))
            states = daemon.Daemon.StatesDigest();

        var result = await CommandLine.RunWellAsync("replay", State, "--verify");

        Assert.StartsWith($"replayed     {State}, records 1 to 20, on cpu/", result.Output, StringComparison.Ordinal);
        Assert.Contains("records      20\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("ticks        40; ", result.Output, StringComparison.Ordinal);
        Assert.Contains("streams      2\n", result.Output, StringComparison.Ordinal);
        Assert.Contains($"states       sha256 {states}\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(
            "verify       every bit is as recorded: 20 records, 40 recorded predictions", result.Lines[^1]);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Replay_ARunningDaemonsDirectory_ReadsItAndLeavesItAlone()
    {
        using var daemon = Record(20);
        using var disk = new FileDisk(State);
        using var owner = StateOwner.Take(disk, 1_800_000_000_000_000_000);
        await File.WriteAllTextAsync(Path.Combine(State, "snapshot-of-something.tmp"), "unfinished");
        var before = Entries();

        foreach (var cap in new[] { "1", "1024" })
        {
            var result = await CommandLine.RunWellAsync("replay", State, "--verify", "--max-ticks", cap, "--json");
            var report = JsonNode.Parse(result.Output)!;
            Assert.True((bool)report["verified"]!);
            Assert.Equal((20, 40), ((int)report["records"]!, (int)report["ticks"]!));
            Assert.Equal(daemon.Daemon.StatesDigest(), (string)report["states"]!);
            Assert.Empty(report["notices"]!.AsArray());
        }

        Assert.Equal(before, Entries());
        Feed(daemon, 21, 30);
        var more = JsonNode.Parse((await CommandLine.RunWellAsync("replay", State, "--from", "11", "--json")).Output)!;
        Assert.Equal((11, 30, 20), ((int)more["first"]!, (int)more["last"]!, (int)more["records"]!));
        Assert.Equal(10, (int)more["recordsBefore"]!);
    }

    [Fact]
    public async Task Replay_WithAnotherModel_ShowsItsErrorsBesideTheRecordedOnes()
    {
        Record(20).Dispose();
        var file = Path.Combine(_folder, "other.safetensors");
        await File.WriteAllBytesAsync(file, SmallModels.RnnFile());

        var result = await CommandLine.RunWellAsync("replay", State, "--model", file);

        Assert.Contains("comparison   model model0 with digest ", result.Output, StringComparison.Ordinal);
        Assert.Matches(
            "MAE          of the next value, over 38 forecasts: recorded [0-9.]+, other [0-9.]+, persistence [0-9.]+",
            result.Output);
        Assert.Matches("(?m)^stream +forecasts +recorded +other +persist. +ratio", result.Output);
        Assert.Matches("(?m)^one +19 ", result.Output);

        var verified = await CommandLine.RunAsync("replay", State, "--verify", "--model", $"model0={file}", "--json");
        Assert.Equal(1, verified.ExitCode);
        var report = JsonNode.Parse(verified.Output)!;
        Assert.False((bool)report["verified"]!);
        Assert.StartsWith("this is a comparison", (string)report["reason"]!, StringComparison.Ordinal);
        Assert.Equal(0, (int)report["differentRecords"]!);
        Assert.Equal(2, report["comparison"]!["streams"]!.AsArray().Count);
    }

    [VectorFact]
    public async Task Verify_WithAnotherKernel_SaysThatThisIsAComparison()
    {
        Record(20).Dispose();

        var result = await CommandLine.RunAsync("replay", State, "--verify", "--kernel", "scalar");

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("(?m)^comparison   engine cpu/vector[0-9]+ version [0-9]+ became cpu/scalar", result.Output);
        Assert.Matches("(?m)^difference   predictions differ by at most ", result.Output);
        Assert.StartsWith(
            "verify       NOT verified: this is a comparison", result.Lines[^1], StringComparison.Ordinal);
        await CommandLine.RunWellAsync("replay", State, "--kernel", "scalar");
    }

    [PoclFact]
    public async Task Verify_OnAnotherEngine_SaysThatThisIsAComparison()
    {
        Record(20).Dispose();

        var result = await CommandLine.RunAsync("replay", State, "--verify", "--engine", "gpu", "--device", "pocl");

        Assert.Equal(1, result.ExitCode);
        Assert.Matches("(?m)^comparison   engine cpu/.* became gpu/opencl-[0-9]+ on ", result.Output);
        Assert.Matches("(?m)^difference   predictions differ by at most [0-9.]+e[-+][0-9]+, ", result.Output);
        Assert.StartsWith(
            "verify       NOT verified: this is a comparison", result.Lines[^1], StringComparison.Ordinal);
        var report = JsonNode.Parse((await CommandLine.RunWellAsync(
            "replay", State, "--engine", "gpu", "--device", "pocl", "--json")).Output)!;
        Assert.InRange((double)report["comparison"]!["difference"]!["maxRelative"]!, 0, 1e-5);
        Assert.True((long)report["comparison"]!["difference"]!["numbers"]! > 20);
        // The recorded engine is no other.
        Assert.DoesNotContain("comparison", (await CommandLine.RunWellAsync(
            "replay", State, "--verify", "--engine", "cpu")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_AJournalOfAModelThatTheConfigurationHas_FindsItThere()
    {
        var model = Path.Combine(_folder, "model.safetensors");
        await File.WriteAllBytesAsync(model, SmallModels.RnnFile());
        Record(5, [("*", Model.Load(model))]).Dispose();
        var configuration = Path.Combine(_folder, "realtimed.json");
        await File.WriteAllTextAsync(
            configuration, """{"models": [{"name": "pump", "file": "model.safetensors"}]}""");

        var without = await CommandLine.RunAsync("replay", State);
        Assert.Equal(78, without.ExitCode);
        Assert.Contains(
            "is not at hand: name its file by --model model0=FILE", without.Error, StringComparison.Ordinal);
        await CommandLine.RunWellAsync("replay", State, "--verify", "--config", configuration);
        await CommandLine.RunWellAsync("replay", State, "--verify", "--model", model);
    }

    [Fact]
    public async Task Replay_ADamagedJournal_SaysWhereAndEndsWith1()
    {
        Record(20).Dispose();
        var file = Path.Combine(State, StateFiles.SegmentName(1));
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^500] ^= 4;
        await File.WriteAllBytesAsync(file, bytes);

        var result = await CommandLine.RunAsync("replay", State);

        Assert.Equal(1, result.ExitCode);
        Assert.Matches(
            $"^realtimed: {State}: {StateFiles.SegmentName(1)} at byte [0-9]+: found .+, expected .+\n$", result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Replay_WhatIsNoStateDirectory_SaysSoAndMakesNone()
    {
        var missing = await CommandLine.RunAsync("replay", State);
        Assert.Equal((78, $"realtimed: {State}: no such directory\n"), (missing.ExitCode, missing.Error));
        Assert.False(Directory.Exists(State));

        var empty = await CommandLine.RunAsync("replay", _folder);
        Assert.Equal(78, empty.ExitCode);
        Assert.Contains("found neither a journal nor a snapshot", empty.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("--to: found 3, expected a record from --from 4 on", "--from", "4", "--to", "3")]
    [InlineData("--from: found 0, expected the number of a record, from 1 on", "--from", "0")]
    [InlineData("--device: found pocl without --engine, expected both", "--device", "pocl")]
    [InlineData("--kernel: found abacus, expected one of auto, scalar", "--kernel", "abacus")]
    [InlineData("--max-ticks: found 0, expected a whole number above 0", "--max-ticks", "0")]
    public async Task Replay_WithAWrongCommandLine_SaysWhatWasExpected(string message, params string[] arguments)
    {
        var result = await CommandLine.RunAsync(["replay", State, .. arguments]);
        Assert.Equal(64, result.ExitCode);
        Assert.StartsWith($"realtimed: {message}", result.Error, StringComparison.Ordinal);
    }

    private JournalledDaemon Record(int frames, (string, Model)[]? models = null)
    {
        var options = SimulatedDaemon.Options() with { RecordsPredictions = true };
        var daemon = new JournalledDaemon(new FileDisk(State), models ?? BuiltIn, options);
        Feed(daemon, 1, frames);
        return daemon;
    }

    private static void Feed(JournalledDaemon daemon, int from, int to)
    {
        for (var i = from; i <= to; i++)
        {
            daemon.Daemon.Ingest(Pack.Tick("one", Math.Sin(0.4 * i), (ulong)i));
            daemon.Daemon.Ingest(Pack.Tick("two", 10 * Math.Cos(0.3 * i), (ulong)i));
            daemon.Run();
        }
    }

    private string[] Entries() =>
        [.. new DirectoryInfo(State).EnumerateFiles().Select(static file => $"{file.Name} {file.Length}").Order()];
}
