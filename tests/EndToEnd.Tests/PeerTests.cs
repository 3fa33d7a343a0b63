using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Realtime.EndToEnd.Tests;

/// <summary>Independent peers (pyzmq, msgpack, numpy; zeromq.js) against the real daemon; see peers/.</summary>
public sealed class PeerTests(ITestOutputHelper output)
{
    [PythonFact]
    public Task Every_prediction_agrees_with_numpy_in_every_form_and_on_both_paths() =>
        Peer("check_predictions.py").RunAsync(seconds: 180);

    [PythonFact]
    public Task Every_prediction_agrees_with_numpy_by_the_scalar_kernel_in_frames_of_seven_ticks() =>
        Peer("check_predictions.py").RunAsync(configuration: new()
        {
            ["engine"] = new JsonObject { ["kind"] = "cpu", ["kernel"] = "scalar" },
            ["frame"] = new JsonObject { ["maxTicks"] = 7 },
        }, seconds: 180);

    [PythonFact]
    public Task Order_follows_the_protocol() => Peer("check_order.py").RunAsync("order");

    [PythonFact]
    public Task A_gap_is_passed_over_where_the_policy_is_step() =>
        Peer("check_order.py").RunAsync("step", Streams("onGap", "step"));

    [PythonFact]
    public Task A_gap_is_stepped_over_with_imputed_values_where_the_policy_is_impute() =>
        Peer("check_order.py").RunAsync("impute", Streams("onGap", "impute"));

    [PythonFact]
    public Task A_gap_resets_the_state_where_the_policy_is_reset() =>
        Peer("check_order.py").RunAsync("reset", Streams("onGap", "reset"));

    [PythonFact]
    public Task A_full_table_refuses_and_a_pipelined_client_loses_nothing() =>
        Peer("check_order.py").RunAsync("limit", Streams("max", 5));

    [PythonFact]
    public Task An_idle_stream_is_evicted() =>
        Peer("check_order.py").RunAsync("idle", Streams("idleAfter", "00:00:02"));

    [PythonFact]
    public Task Hostile_messages_are_answered_and_counted_and_touch_no_state() =>
        Peer("check_hostile.py").RunAsync("messages", Streams("max", 8), tcp: true);

    [PythonFact]
    public Task Hostile_connections_disturb_nobody() =>
        Peer("check_hostile.py").RunAsync("connections", Streams("max", 8), tcp: true);

    [PythonFact]
    public Task Control_requests_batches_and_heartbeat_follow_the_protocol() =>
        Peer("check_control.py").RunAsync(configuration: new() { ["frame"] = new JsonObject { ["maxTicks"] = 16 } });

    [PythonFact]
    public Task A_hundred_thousand_streams_fit_in_a_gibibyte() =>
        Peer("check_scale.py").RunAsync(configuration: Streams("max", 100_000), seconds: 180, withProcessId: true);

    [PythonFact]
    public Task A_hundred_thousand_streams_that_learn_take_what_is_stated() =>
        Peer("check_learning_scale.py")
            .RunAsync(configuration: Streams("max", 100_000), seconds: 180, withProcessId: true);

    [PythonFact]
    public Task Other_peoples_publishers_are_heard() =>
        Peer("check_subscribe.py").RunAsync(configuration: new()
        {
            ["endpoints"] = new JsonObject
            {
                ["subscribe"] = new JsonArray(
                    "ipc://connected",
                    new JsonObject
                    {
                        ["endpoint"] = "ipc://bound",
                        ["bind"] = true,
                        ["topics"] = new JsonArray("m/a", "m/b"),
                    }),
            },
        });

    [PythonFact]
    public Task Who_has_no_key_gets_nothing_and_who_has_one_gets_what_it_allows() =>
        Peer("check_strangers.py").RunAsync("keys", WithKeys(), tcp: true, withProcessId: true);

    [PythonFact]
    public Task A_client_over_its_rate_hurts_no_other() =>
        Peer("check_strangers.py").RunAsync("flood", WithKeys(), tcp: true, withProcessId: true);

    [PythonFact]
    public Task Five_thousand_half_open_handshakes_do_not_stop_it() =>
        Peer("check_strangers.py").RunAsync("crowd", WithKeys(), tcp: true, withProcessId: true);

    [PythonFact]
    public Task Five_thousand_idle_connections_do_not_stop_it() =>
        Peer("check_strangers.py").RunAsync(
            "idle", new() { ["limits"] = new JsonObject { ["connections"] = 5050 } }, tcp: true, withProcessId: true);

    [NodeFact]
    public Task JavaScript_numbers_and_times_mean_what_they_say() => Peer("check_js.mjs").RunAsync();

    private static JsonObject WithKeys()
    {
        static JsonObject Client(string name) => new() { ["name"] = name, ["keyFile"] = $"{name}.pub" };
        var (ops, limited) = (Client("ops"), Client("limited"));
        ops["mayControl"] = true;
        limited["streams"] = new JsonArray("pump/*");
        limited["ticksPerSecond"] = 20;
        return new()
        {
            ["security"] = new JsonObject
            {
                ["curve"] = new JsonObject
                {
                    ["secretKey"] = "curve.key",
                    ["clients"] = new JsonArray(
                        Client("plant"), ops, limited, Client("leaver"), Client("rotated"), Client("hostile")),
                },
            },
        };
    }

    private static JsonObject Streams(string key, JsonNode value) =>
        new() { ["streams"] = new JsonObject { [key] = value } };

    private PeerScript Peer(string name) => new(output, name);
}
