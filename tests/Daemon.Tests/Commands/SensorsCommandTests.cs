using Realtime.Protocol;
using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>What <c>realtimed sensors</c> sends, taken by a PULL socket as any consumer has it.</summary>
public sealed class SensorsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly ZmqContext _context = new();
    private readonly ZmqSocket _pull;
    private readonly string _endpoint;

    public SensorsCommandTests()
    {
        _pull = new ZmqSocket(_context, ZmqSocketType.Pull) { ReceiveHighWaterMark = 10 };
        _endpoint = $"ipc://{_folder}/ingest";
        _pull.Bind(_endpoint);
    }

    public void Dispose()
    {
        _pull.Dispose();
        _context.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Csv_WithTimeAndMissingValues_ArrivesRowByRow()
    {
        var file = Write(
            "load.csv", "date,load,temperature",
            "2016-07-01 00:00:00,5.5,1", "2016-07-01 01:00:00,,2", "2016-07-01 02:00:00,7,3");

        var result = await PublishAsync(file, "--value", "load,temperature", "--time", "date", "--name", "plant");

        var ticks = Receive(3);
        Assert.All(ticks, static tick => Assert.Equal("plant", tick["stream"].AsString()));
        Assert.Equal([1UL, 2, 3], ticks.Select(static tick => tick["seq"].AsUInt64()!.Value));
        Assert.Single(ticks.Select(static tick => tick["run"].AsUInt64()!.Value).Distinct());
        Assert.Equal([5.5, 1], ticks[0]["values"].Items.Select(static value => value.AsDouble()));
        Assert.Equal([null, 2], ticks[1]["values"].Items.Select(static value => value.AsDouble()));
        Assert.StartsWith("3 ticks of 1 stream ", result.Output, StringComparison.Ordinal);
        Assert.Contains("stream plant, load, temperature; time date", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_Ticks_AreWhatTheDaemonReads()
    {
        var file = Write("one.csv", "date,load", "1949-01,112");
        await PublishAsync(file, "--time", "date");

        var payload = _pull.ReceiveFrame(TimeSpan.FromSeconds(5), out _)!;
        var header = TickReader.ReadHeader(payload);
        Assert.Equal(PayloadKind.Tick, header.Kind);
        var cursor = header.Cursor;
        Assert.True(TickReader.TryReadTick(payload, ref cursor, out var tick, out _));
        // January 1949, which as a plain number of nanoseconds would be taken for another unit.
        Assert.Equal(-662_688_000_000_000_000, tick.Time);
        Assert.True(tick.HasRun);
        Assert.Equal(1UL, tick.Seq);
    }

    [Fact]
    public async Task Csv_WithAStreamColumn_CountsEachStreamByItself()
    {
        var file = Write("two.csv", "machine,value", "a,1", "b,10", "a,2");
        await PublishAsync(file, "--stream", "machine", "--value", "value");

        var ticks = Receive(3).Select(
            static tick => (tick["stream"].AsString(), tick["seq"].AsUInt64(), tick["value"].AsDouble()));
        Assert.Equal([("a", 1UL, 1.0), ("b", 1UL, 10.0), ("a", 2UL, 2.0)], ticks);
    }

    [Fact]
    public async Task Csv_WithEach_MakesAStreamOfEachColumn()
    {
        var file = Write("wide.csv", "x,y", "1,2");
        await PublishAsync(file, "--each");

        Assert.Equal(["wide/x", "wide/y"], Receive(2).Select(static tick => tick["stream"].AsString()));
    }

    [Fact]
    public async Task Csv_ToADaemonThatTakesNoMore_WaitsAndLosesNothing()
    {
        const int Rows = 5000;
        var file = Write("long.csv", ["value", .. Enumerable.Range(0, Rows).Select(static row => $"{row}")]);

        var said = new SpokenText();
        var publishing = CommandLine.RunAsync(said, "sensors", "--to", _endpoint, "--csv", file);
        while (!said.ToString().Contains("; waiting\n", StringComparison.Ordinal))
        {
            Assert.False(publishing.IsCompleted, $"queues of a thousand messages took five thousand rows\n{said}");
            await Task.Delay(20);
        }

        var ticks = Receive(Rows);
        var result = await publishing;

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Enumerable.Range(0, Rows), ticks.Select(static tick => (int)tick["value"].AsDouble()!));
    }

    [Fact]
    public async Task Csv_AsFastAsItGoes_ReachesTheDaemonWhole()
    {
        const int Rows = 20_000;
        using var daemon = new RunningDaemon();
        var file = Write("long.csv", ["value", .. Enumerable.Range(0, Rows).Select(static row => $"{row % 100}")]);

        await CommandLine.RunWellAsync("sensors", "--to", daemon.Ingest, "--csv", file, "--rate", "max");

        using var client = daemon.Connect();
        var stats = client.Request("stats");
        Assert.Equal((Rows, Rows), (stats["received"].AsInt64(), stats["stepped"].AsInt64()));
    }

    [Fact]
    public async Task Csv_WithABadCell_SaysWhere()
    {
        var file = Write("bad.csv", "value", "1", "two");
        var result = await CommandLine.RunAsync("sensors", "--to", _endpoint, "--csv", file, "--value", "value");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            $"realtimed: {file}:3: found \"two\" in column value, expected a number", result.Error.Split('\n')[1]);
    }

    [Fact]
    public async Task Sensors_ForASecond_PublishThisMachine()
    {
        var publishing = CommandLine.RunWellAsync(
            "sensors", "--to", _endpoint, "--prefix", "gateway", "--rate", "20", "--seconds", "2.5");
        var ticks = ReceiveAll(TimeSpan.FromSeconds(3));
        var result = await publishing;

        Assert.All(
            ticks, static tick => Assert.StartsWith("gateway/", tick["stream"].AsString(), StringComparison.Ordinal));
        var memory = ticks.Where(static tick => tick["stream"].AsString() == "gateway/memory").ToList();
        Assert.InRange(memory.Count, 2, 20 * 2.5 + 1);
        Assert.All(memory, static tick => Assert.True(tick["value"].AsDouble() > 0));
        Assert.Equal(Enumerable.Range(1, memory.Count), memory.Select(static tick => (int)tick["seq"].AsUInt64()!));
        Assert.StartsWith($"{ticks.Count} ticks of ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sensors_WithoutADaemon_DropAndFail()
    {
        var result = await CommandLine.RunAsync("sensors", "--to", $"ipc://{_folder}/nobody", "--seconds", "2");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("readings are dropped until one does", result.Error, StringComparison.Ordinal);
        Assert.Matches(
            @"no daemon took ticks at .*: 0 ticks of \d+ streams? published in [\d.]+ s, [1-9]\d* dropped",
            result.Error);
    }

    [Theory]
    [InlineData("--rate max needs --csv FILE", "--rate", "max")]
    [InlineData("--rate: found -1, expected a number above 0, or max with --csv", "--rate", "-1")]
    [InlineData("--name needs --csv FILE", "--name", "x")]
    [InlineData(
        "--prefix is for this machine's sensors; with --csv, --name names the stream", "--csv", "f", "--prefix", "x")]
    [InlineData("--to: found here, expected tcp://host:port or ipc://path", "--to", "here")]
    public async Task Sensors_WithOptionsThatDoNotFit_SayWhichAndEndWith64(string message, params string[] options)
    {
        var result = await CommandLine.RunAsync(["sensors", .. options]);

        Assert.Equal(64, result.ExitCode);
        Assert.Equal($"realtimed: {message}", result.Error.Split('\n')[0]);
    }

    private string Write(string name, params string[] lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    private Task<CommandResult> PublishAsync(string file, params string[] options) =>
        CommandLine.RunWellAsync(["sensors", "--to", _endpoint, "--csv", file, .. options]);

    private List<MessagePackValue> Receive(int count)
    {
        var ticks = ReceiveAll(TimeSpan.FromMilliseconds(200), count);
        Assert.Equal(count, ticks.Count);
        return ticks;
    }

    // Waits long for the number expected, then a moment for what should not come.
    private List<MessagePackValue> ReceiveAll(TimeSpan silence, int expected = 1)
    {
        var ticks = new List<MessagePackValue>();
        while (_pull.ReceiveFrame(ticks.Count < expected ? TimeSpan.FromSeconds(10) : silence, out _) is { } frame)
        {
            Assert.True(MessagePackValue.TryParse(frame, out var tick));
            ticks.Add(tick);
        }

        return ticks;
    }
}
