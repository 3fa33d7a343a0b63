using System.Buffers.Binary;
using System.Net;
using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>The state directory as an operator meets it: owned once, damaged, on a full disk, gone.</summary>
public sealed class StateTests : IDisposable
{
    private const string Stream = "plant/1";

    private readonly string _folder = DaemonProcess.TemporaryFolder();

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("os")]
    [InlineData("fsync")]
    public async Task A_stopped_daemon_goes_on_where_it_was(string durability)
    {
        byte[] before;
        using (var daemon = await StartAsync(durability))
        {
            using var client = Connect(daemon);
            Take(client, 1, 50);
            before = Bytes(client);
            await daemon.StopAsync();
        }

        Assert.Contains(Directory.GetFiles(State), static file => file.EndsWith(".rts", StringComparison.Ordinal));
        using (var daemon = await StartAsync(durability))
        {
            using var client = Connect(daemon);
            Assert.Equal(before, Bytes(client));
            Assert.Equal(1UL, client.Send(Stream, [3.0], 50).Ack.Duplicate);
            Take(client, 51, 60);
            var stats = await daemon.StatsAsync();
            Assert.Equal(1, (int)stats["state"]!["recovery"]!["carried"]!);
            await daemon.StopAsync();
        }
    }

    [Fact]
    public async Task A_second_daemon_exits_78_and_names_the_first()
    {
        using var daemon = await StartAsync("os");
        var (code, errors) = await RunAsync();
        Assert.Equal(78, code);
        Assert.Contains(State, errors, StringComparison.Ordinal);
        Assert.Contains($"pid {daemon.ProcessId}", errors, StringComparison.Ordinal);
        using var client = Connect(daemon);
        Take(client, 1, 3);
        await daemon.StopAsync();
    }

    [Fact]
    public async Task Damage_ends_the_start_with_file_and_place_and_salvage_goes_on_before_it()
    {
        using (var daemon = await StartAsync("os"))
        {
            using var client = Connect(daemon);
            Take(client, 1, 200);
            await daemon.KillAsync();
        }

        foreach (var snapshot in Directory.GetFiles(State, "*.rts"))
            File.Delete(snapshot);
        var segment = Directory.GetFiles(State, "*.rtj").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment);
        // Among the records, which stand behind the description of the models.
        bytes[6000 + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12))] ^= 0x10;
        await File.WriteAllBytesAsync(segment, bytes);

        var (code, errors) = await RunAsync();
        Assert.Equal(78, code);
        Assert.Contains(Path.GetFileName(segment), errors, StringComparison.Ordinal);
        Assert.Contains("--salvage", errors, StringComparison.Ordinal);
        using (var daemon = await StartAsync("os", "--salvage"))
        {
            using var client = Connect(daemon);
            var last = RestartableDaemon.LastOf(client, [Stream])[Stream]!.Value;
            Assert.InRange(last, 1UL, 199UL);
            Assert.Contains(Path.GetFileName(segment), daemon.Everything, StringComparison.Ordinal);
            Assert.Contains(
                Directory.GetFiles(State), static file => file.EndsWith(".damaged", StringComparison.Ordinal));
            Take(client, last + 1, 200);
            await daemon.StopAsync();
        }
    }

    [SmallDiskTheory]
    [InlineData("os")]
    [InlineData("fsync")]
    public async Task On_a_full_disk_ticks_are_refused_with_code_9_until_there_is_room(string durability)
    {
        using var disk = new SmallDisk(State, 24);
        ulong last = 0;
        using (var daemon = await StartAsync(durability))
        {
            using var client = Connect(daemon);
            disk.Fill();
            TickReply reply;
            do
            {
                reply = client.Send(Stream, [last % 9], last + 1);
                Assert.Equal(1UL, reply.Ack.Accepted + reply.Ack.Refused);
                last += reply.Ack.Accepted;
            }
            while (reply.Ack.Refused == 0);
            Assert.Equal(ErrorCode.NotDurable, Assert.Single(reply.Errors).Code);
            Assert.Contains("No space left", reply.Errors[0].Detail, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(daemon));
            Assert.Equal(last, RestartableDaemon.LastOf(client, [Stream])[Stream]);
            // Nothing slips past what was refused.
            Assert.Equal(1UL, client.Send(Stream, [1.0], last + 2).Ack.Refused);

            disk.Clear();
            await TakeAgainAsync(client, last + 1);
            Take(client, last + 2, last + 100);
            Assert.Equal(HttpStatusCode.OK, await ReadyAsync(daemon));
            await daemon.CheckAccountsAsync();
            await AssertToldAsync(daemon, "made durable again");
            await daemon.KillAsync();
        }

        await AssertAllThereAsync(durability, last + 100);
    }

    [Theory]
    [InlineData("os")]
    [InlineData("fsync")]
    public async Task When_the_directory_vanishes_ticks_are_refused_until_it_is_back(string durability)
    {
        using (var daemon = await StartAsync(durability))
        {
            using var client = Connect(daemon);
            Take(client, 1, 20);
            Directory.Move(State, State + "-away");
            await AwaitUnreadyAsync(daemon);
            var reply = client.Send(Stream, [1.0], 21);
            Assert.Equal(1UL, reply.Ack.Refused);
            Assert.Equal(ErrorCode.NotDurable, Assert.Single(reply.Errors).Code);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(daemon));
            Directory.Move(State + "-away", State);
            await TakeAgainAsync(client, 21);
            Take(client, 22, 40);
            await daemon.KillAsync();
        }

        await AssertAllThereAsync(durability, 40);
    }

    private async Task AssertAllThereAsync(string durability, ulong last)
    {
        using var daemon = await StartAsync(durability);
        using var client = Connect(daemon);
        Assert.Equal(last, RestartableDaemon.LastOf(client, [Stream])[Stream]);
        var counts = StreamStates.Of(client, Stream)["counts"];
        Assert.Equal(last, counts["stepped"].AsUInt64());
        Assert.Equal(0, counts["gaps"].AsInt64());
        await daemon.StopAsync();
    }

    private static async Task AssertToldAsync(DaemonProcess daemon, string text)
    {
        for (var attempt = 0; attempt < 50 && !daemon.Everything.Contains(text, StringComparison.Ordinal); attempt++)
            await Task.Delay(100);
        Assert.Contains(text, daemon.Everything, StringComparison.Ordinal);
    }

    private static async Task AwaitUnreadyAsync(DaemonProcess daemon)
    {
        for (var attempt = 0; await ReadyAsync(daemon) != HttpStatusCode.ServiceUnavailable; attempt++)
        {
            // By looks and not by the clock, for a machine that is busy.
            Assert.True(attempt < 50, "the daemon is ready without its directory");
            await Task.Delay(10);
        }
    }

    private static async Task TakeAgainAsync(RealtimeClient client, ulong seq)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var ack = client.Send(Stream, [seq % 9], seq).Ack;
            if (ack.Accepted + ack.Duplicate == 1)
                return;
            await Task.Delay(100);
        }

        Assert.Fail($"seq {seq} was refused for ten seconds");
    }

    private static void Take(RealtimeClient client, ulong from, ulong to)
    {
        for (var seq = from; seq <= to; seq++)
            Assert.Equal(1UL, client.Send(Stream, [seq % 9], seq).Ack.Accepted);
    }

    private static byte[] Bytes(RealtimeClient client)
    {
        var writer = new Protocol.MessagePack.MessagePackWriter();
        StreamStates.Of(client, Stream).WriteTo(writer);
        return writer.Written.ToArray();
    }

    private static RealtimeClient Connect(DaemonProcess daemon) =>
        new(new() { Requests = daemon.Requests, Timeout = TimeSpan.FromSeconds(20) });

    private static async Task<HttpStatusCode> ReadyAsync(DaemonProcess daemon)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync($"{daemon.Http}/readyz");
        return response.StatusCode;
    }

    private Task<DaemonProcess> StartAsync(string durability, params string[] arguments) => DaemonProcess.StartAsync(
        new JsonObject
        {
            ["state"] = new JsonObject
            {
                ["directory"] = State,
                ["durability"] = durability,
                ["snapshotEvery"] = "01:00:00",
            },
        },
        arguments: arguments);

    private async Task<(int Code, string Errors)> RunAsync()
    {
        using var process = new Child(
            Programs.Dotnet,
            [Programs.Daemon, "run", "--set", $"state.directory={State}", "--set", "endpoints.ingest=tcp://127.0.0.1:0",
             "--set", "endpoints.requests=tcp://127.0.0.1:0", "--set", "endpoints.predictions=tcp://127.0.0.1:0",
             "--set", "http.endpoint=null"],
            _folder);
        var code = await process.WaitAsync(TimeSpan.FromSeconds(30), "a start that must fail");
        return (code, process.Errors);
    }
}
