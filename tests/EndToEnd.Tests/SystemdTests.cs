using System.Globalization;
using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests;

/// <summary>The service under a real systemd: installed by <c>script/install</c>, one boot for all.</summary>
public sealed class SystemdTests(BootedMachine machine) : IClassFixture<BootedMachine>
{
    private const string Configuration = "/etc/realtimed/realtimed.json";
    private const string DropIns = "/etc/systemd/system/realtimed.service.d";
    private const int Streams = 50;

    private static int _next = 1;

    [SystemdFact]
    public void Install_makes_it_active_with_its_status_line_and_keeps_the_configuration()
    {
        Install();
        Assert.Equal(("active", "enabled"), (Show("ActiveState"), Show("UnitFileState")));
        Assert.Matches(@"^serving \d+ streams, \d+ ticks/s", Show("StatusText"));
        Assert.Contains("Status: \"serving ", machine.Run("systemctl", "status", "--no-pager", "realtimed"));
        machine.Run("sh", "-c", $"echo '// mine' >>{Configuration}");
        Assert.Contains($"kept {Configuration}", Install());
        Assert.EndsWith("// mine\n", File.ReadAllText(machine.PathOf(Configuration)));
        Assert.Equal("0.1.0", machine.Run("realtimed", "--version").Trim());
        Assert.Contains("forecasts sensor streams", machine.Run("man", "-P", "cat", "1", "realtimed"));
        Assert.Contains("realtimed-protocol", machine.Run("man", "-w", "7", "realtimed-protocol"));
    }

    [SystemdFact]
    public void It_takes_ticks_and_survives_kill_9_with_its_states()
    {
        Serve();
        Tick(20);
        var before = States();
        var (process, restarts) = (Show("MainPID"), Restarts());
        machine.Run("kill", "-9", process);
        machine.Await(() => Restarts() > restarts && Show("ActiveState") == "active", "the restart");
        Assert.NotEqual(process, Show("MainPID"));
        Assert.Equal(before, States());
        Tick(5);
    }

    [SystemdFact]
    public void The_watchdog_restarts_it_when_its_loop_hangs()
    {
        Serve();
        Tick(5);
        var before = States();
        try
        {
            DropIn("faults", "ExecStart=", $"ExecStart=/srv/realtimed/faults/realtimed run --config {Configuration}",
                "WatchdogSec=3");
            machine.Run("systemctl", "restart", "realtimed");
            // Longer than the watchdog waits: it is fed.
            Thread.Sleep(3500);
            var (process, restarts) = (Show("MainPID"), Restarts());
            machine.Run("kill", "-USR1", process);
            machine.Await(() => Restarts() > restarts && Show("ActiveState") == "active", "the watchdog's restart");
            Assert.Equal(restarts + 1, Restarts());
            Assert.Contains("Watchdog timeout (limit 3s)!", machine.Log());
            Assert.Equal(before, States());
        }
        finally
        {
            machine.Run("rm", "-r", DropIns);
            machine.Run("systemctl", "daemon-reload");
            machine.Run("systemctl", "restart", "realtimed");
        }

        Tick(5);
    }

    [SystemdFact]
    public void A_reload_puts_settings_in_force_and_loses_no_state()
    {
        Serve();
        Tick(5);
        var (before, process) = (States(), Show("MainPID"));
        Configure("\"streams\": { \"max\": 777 },", "\"engine\": { \"threads\": 2 },");
        machine.Run("systemctl", "reload", "realtimed");
        machine.Await(() => Stats()["reload"] is JsonObject, "the reload's outcome");
        var stats = Stats();
        Assert.Equal("ok", (string?)stats["reload"]!["outcome"]);
        Assert.Contains("streams.max 100000 became 777", stats["reload"]!["applied"]!.AsArray().Select(Text));
        Assert.Contains("engine.threads 1 became 2", stats["reload"]!["nextStart"]!.AsArray().Select(Text));
        Assert.Equal(1, (int)stats["reloads"]!["ok"]!);
        Assert.Equal((process, "active", "running"), (Show("MainPID"), Show("ActiveState"), Show("SubState")));
        Assert.Equal(before, States());
        Assert.Contains("Takes effect now: streams.max 100000 became 777", machine.Log());
        Tick(5);
        Configure();
        machine.Run("systemctl", "restart", "realtimed");
    }

    [SystemdFact]
    public void A_bad_configuration_is_refused_and_the_old_one_stays()
    {
        Serve();
        Tick(5);
        var (before, process) = (States(), Show("MainPID"));
        Configure("\"streams\": { \"maxx\": 777 },");
        machine.Run("systemctl", "reload", "realtimed");
        const string fault = Configuration + ":1:15: found the unknown key \"streams.maxx\"";
        machine.Await(() => Show("StatusText").Contains("not reloaded", StringComparison.Ordinal), "the status");
        Assert.Contains($"the old configuration stays: {fault}", Show("StatusText"));
        Assert.Contains("did you mean \\\"max\\\"?", machine.Run(
            "journalctl", "-u", "realtimed", "-o", "json", "--no-pager", "PRIORITY=4"));
        Assert.Equal(("failed", 1), ((string?)Stats()["reload"]!["outcome"], (int)Stats()["reloads"]!["failed"]!));
        Assert.Equal((process, before), (Show("MainPID"), States()));
        Tick(5);

        // At a start it is the end, once and for all.
        var restarts = Restarts();
        Assert.NotEqual(0, machine.Try("systemctl", "restart", "realtimed").Code);
        Thread.Sleep(2500);
        Assert.Equal(("failed", "78"), (Show("ActiveState"), Show("ExecMainStatus")));
        Assert.True(Restarts() <= restarts, $"{Restarts()} restarts, {restarts} before");
        Assert.Contains(fault, machine.Log());
        Configure();
        machine.Run("systemctl", "start", "realtimed");
        Tick(5);
    }

    [SystemdFact]
    public void It_stops_cleanly_and_comes_back_with_its_states()
    {
        Serve();
        Tick(5);
        var before = States();
        machine.Run("systemctl", "stop", "realtimed");
        Assert.Equal(("inactive", "success", "0"), (Show("ActiveState"), Show("Result"), Show("ExecMainStatus")));
        Assert.Contains("Stopped: ", machine.Log());
        machine.Run("systemctl", "start", "realtimed");
        Assert.Equal(before, States());
    }

    [SystemdFact]
    public void The_journal_has_levels_and_named_values()
    {
        Serve();
        var entry = JsonNode.Parse(machine.Run(
            "journalctl", "-u", "realtimed", "-o", "json", "-n", "1", "--no-pager", "REALTIMED_NAME=default"))!;
        Assert.Equal(("6", "10", "realtimed"), (
            (string?)entry["PRIORITY"], (string?)entry["REALTIMED_EVENT_ID"], (string?)entry["SYSLOG_IDENTIFIER"]));
        Assert.StartsWith("Model default for *", (string?)entry["MESSAGE"]);
    }

    [SystemdFact]
    public void An_instance_has_a_configuration_and_states_of_its_own()
    {
        Serve();
        var configuration = JsonNode.Parse("""
            { "endpoints": { "ingest": "tcp://127.0.0.1:6570", "requests": "tcp://127.0.0.1:6571",
                             "predictions": "tcp://127.0.0.1:6572" },
              "http": { "endpoint": "http://127.0.0.1:6580" }, "state": { "directory": "/var/lib/realtimed-two" } }
            """)!;
        File.WriteAllText(machine.PathOf("/etc/realtimed/two.json"), configuration.ToJsonString());
        machine.Run("systemctl", "start", "realtimed@two");
        Assert.StartsWith("serving 0 streams", machine.Show("StatusText", "realtimed@two"));
        Assert.True(Directory.Exists(machine.PathOf("/var/lib/private/realtimed-two")));
        machine.Run("systemctl", "stop", "realtimed@two");
    }

    [SystemdFact]
    public void Its_key_is_a_credential_that_only_systemd_reads()
    {
        Serve();
        try
        {
            machine.Run("sh", "-c", """
                set -e
                mkdir -p /etc/credstore /etc/realtimed/clients
                realtimed keygen --out /etc/credstore/realtimed
                mv /etc/credstore/realtimed.key /etc/credstore/realtimed.curve
                realtimed keygen --out /srv/client
                cp /srv/client.pub /etc/realtimed/clients/client.pub
                mkdir -p /etc/systemd/system/realtimed.service.d
                cp /usr/local/share/realtimed/drop-ins/curve.conf /etc/systemd/system/realtimed.service.d
                systemctl daemon-reload
                systemctl restart realtimed
                """);
            Assert.Equal("600 root", machine.Run("stat", "-c", "%a %U", "/etc/credstore/realtimed.curve").Trim());
            Assert.Equal(0, machine.Try(
                "realtimed", "stats", "--key", "/srv/client.key", "--server-key", "/etc/credstore/realtimed.pub").Code);
            Assert.NotEqual(0, machine.Try("realtimed", "stats", "--timeout", "2").Code);
        }
        finally
        {
            machine.Run("sh", "-c", "rm -rf /etc/systemd/system/realtimed.service.d /etc/credstore/realtimed.*");
            machine.Run("systemctl", "daemon-reload");
            machine.Run("systemctl", "restart", "realtimed");
        }

        Tick(5);
    }

    [SystemdFact]
    public void Remove_takes_it_away_and_purge_the_rest()
    {
        Serve();
        Tick(1);
        Assert.Contains("kept /etc/realtimed", machine.Run("/srv/realtimed/script/install", "--remove"));
        Assert.Equal(("inactive", "not-found"), (Show("ActiveState"), Show("LoadState")));
        Assert.True(File.Exists(machine.PathOf(Configuration)));
        Assert.NotEqual(0, machine.Try("sh", "-c", "command -v realtimed").Code);
        Assert.Equal("", machine.Run("sh", "-c", "find /usr/local /etc/systemd -name '*realtimed*'"));
        Assert.Equal(0, machine.Try("/srv/realtimed/script/install", "--remove", "--purge").Code);
        Assert.Equal("", machine.Run("sh", "-c", "find /etc /var/lib -name 'realtimed*'"));
        _next = 1;
        Install();
        Tick(1);
    }

    private static string Text(JsonNode? node) => (string)node!;

    private string Install() => machine.Run("/srv/realtimed/script/install", "--program", "/srv/realtimed/program");

    private void Serve()
    {
        if (Show("ActiveState") != "active")
            Install();
    }

    private string Show(string property) => machine.Show(property);

    private int Restarts() => int.Parse(Show("NRestarts"), CultureInfo.InvariantCulture);

    private JsonObject Stats() => JsonNode.Parse(machine.Run("realtimed", "stats", "--json"))!.AsObject();

    // Everything that the streams carry.
    private string States()
    {
        machine.Run("realtimed", "streams", "export", "/srv/states");
        return machine.Run("sha256sum", "/srv/states");
    }

    private void Tick(int count)
    {
        var last = _next + count - 1;
        machine.Run(
            Programs.Python!, "/srv/realtimed/peers/service_ticks.py", $"{_next}", $"{last}", $"{Streams}");
        _next = last + 1;
    }

    private void Configure(params string[] settings) => File.WriteAllText(
        machine.PathOf(Configuration),
        "{" + string.Concat(settings) + "\"state\": { \"directory\": \"/var/lib/realtimed\" } }");

    private void DropIn(string name, params string[] lines)
    {
        machine.Run("mkdir", "-p", DropIns);
        File.WriteAllText(
            machine.PathOf($"{DropIns}/{name}.conf"), "[Service]\n" + string.Join('\n', lines) + "\n");
        machine.Run("systemctl", "daemon-reload");
    }
}
