namespace Realtime.Daemon.Tests.Commands;

public sealed class ProgramTests
{
    [Theory]
    [InlineData(
        "found nonsense, expected one of run, check, config, sensors, watch, streams, stats, train, backtest, "
            + "replay, devices, bench, keygen, completion",
        "nonsense")]
    [InlineData(
        "found lisst, expected one of list, top, show, last, reset, forget, export, import; did you mean list?",
        "streams", "lisst")]
    [InlineData(
        "found --confg, expected one of --config, --set, --against, --version, --help; did you mean --config?",
        "check", "--confg", "x")]
    [InlineData("found no verb, expected one of list, top, show, last, reset, forget, export, import", "streams")]
    [InlineData("--seconds: found 0, expected a number of seconds above 0", "watch", "--seconds", "0")]
    [InlineData("--limit: found 1.5, expected a whole number above 0", "streams", "list", "--limit", "1.5")]
    [InlineData(
        "found neither a stream nor --prefix, expected one: reset STREAM, or reset --prefix PREFIX",
        "streams", "reset")]
    public async Task Run_WithAWrongCommandLine_SaysWhatWasExpected(string message, params string[] arguments)
    {
        var result = await CommandLine.RunAsync(arguments);

        Assert.Equal(64, result.ExitCode);
        Assert.Equal($"realtimed: {message}", result.Error.Split('\n')[0]);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("run", "--version")]
    [InlineData("streams", "list", "--version")]
    public async Task Version_OnEveryVerb_IsTheSameLine(params string[] arguments)
    {
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", (await CommandLine.RunWellAsync(arguments)).Output);
    }

    [Fact]
    public async Task Devices_ListTheKernelsWithTheirTimes()
    {
        var result = await CommandLine.RunWellAsync("devices");

        Assert.Matches(@"(?m)^  scalar +[\d.]+ ns/step +[\d.]+ ns/step", result.Output);
        Assert.Contains("auto", result.Output, StringComparison.Ordinal);
        Assert.Contains("gpu ", result.Output, StringComparison.Ordinal);
    }
}
