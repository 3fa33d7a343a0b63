"""Control requests, pipelining, batches longer than a frame of the loop, and the heartbeat (frame.maxTicks 16)."""
import time

import numpy as np

import own_models
import realtime_model as rm
from wire import (
    Counters,
    Publisher,
    Requests,
    Subscriber,
    ack_of,
    arguments,
    codes,
    expect,
    expect_accounts,
    expect_true,
    pack,
    passed,
    run_peer,
    stats,
)


def documents():
    return [
        rm.document(
            "gru",
            ["p", "q"],
            [rm.recurrent("rnn0", "gru", 2, 6), rm.recurrent("rnn1", "lstm", 6, 5), rm.dense("head", 5, 4)],
            rm.points(["p", "q"], (1, 2)),
            {"kind": "running", "halfLife": 30},
        ),
        rm.document(
            "state",
            ["value"],
            [rm.recurrent("rnn0", "lstm", 1, 4), rm.dense("head", 4, 2, "softmax")],
            {"classes": ["ok", "fault"]},
        ),
    ]


class World:
    def __init__(self, options):
        self.options = options
        self.models = own_models.load(options, documents())
        self.requests, self.publisher = Requests(options.requests), Publisher(options.ingest)
        self.subscriber = Subscriber(options.predictions)
        self.rng = np.random.default_rng(options.seed + 1)

    def values(self):
        return [float(x) for x in self.rng.normal(10, 2, 2)]

    def ask(self, op, **more):
        reply = self.requests.ask({"op": op, **more})
        expect_true("error" not in reply, f"{op} {more!r}: {reply!r}"[:600])
        return reply

    def make(self, stream, ticks=5, first=1):
        """A stream with some ticks behind it; returns its last prediction."""
        prediction = None
        for seq in range(first, first + ticks):
            values = self.values() if stream.startswith("gru/") else 0.1 * seq
            prediction = self.requests.tick(stream, values, seq=seq)["predictions"][0]
        return prediction


def hello(world):
    world.make("gru/hello", 7)
    reply = world.ask("hello", streams=["gru/hello", "gru/none"])
    expect((reply["protocol"], reply["streams"]), (1, {"gru/hello": 7, "gru/none": None}), f"hello: {reply!r}")
    expect_true(
        isinstance(reply["epoch"], int) and isinstance(reply["version"], str) and isinstance(reply["limits"], dict),
        f"hello: {reply!r}",
    )
    expect(reply["limits"].get("frame"), 1 << 20, f"limits in hello: {reply!r}")
    bare = world.ask("hello")
    expect((bare["epoch"], bare["protocol"]), (reply["epoch"], 1), "hello without streams")
    ack = ack_of(world.requests.tick("gru/hello", world.values(), seq=8))
    expect(ack["epoch"], reply["epoch"], "epoch of an ack and of hello")
    expect(stats(world.options.http)["epoch"], reply["epoch"], "epoch of /api/stats and of hello")
    passed("hello")


def describe(world):
    reply = world.ask("describe")
    models = reply["models"]
    models = list(models.values()) if isinstance(models, dict) else models
    expect([m["name"] for m in models], list(world.models), f"models: {reply!r}")
    for found, model in zip(models, world.models.values()):
        expect(found["inputs"], model.inputs, f"inputs of {model.name}")
        expect_true(len(found["digest"]) == 64, f"digest of {model.name}: {found!r}")
        if model.classes:
            expect(found["classes"], model.classes, f"classes of {model.name}")
        else:
            expect(found["horizons"], model.forecast["horizons"], f"horizons of {model.name}")
    expect_true("engine" in reply and "kernel" in reply, f"engine and kernel: {reply!r}")
    passed("describe")


def names(reply):
    return [entry["stream"] if "stream" in entry else entry["name"] for entry in reply["streams"]]


def streams(world):
    wanted = [f"gru/list/{k:03}" for k in range(25)]
    for stream in reversed(wanted):
        world.make(stream, 1, first=3)
    reply = world.ask("streams", prefix="gru/list/")
    expect(sorted(names(reply)), wanted, "streams by prefix")
    entry = reply["streams"][0]
    expect((entry["model"], entry["seq"]), ("gru", 3), f"an entry of streams: {entry!r}")
    expect_true(isinstance(entry["time"], int) and entry["age"] is not None, f"an entry of streams: {entry!r}")
    expect(len(names(world.ask("streams", prefix="gru/list/", limit=10))), 10, "streams, limited")
    found, after = [], None
    while page := names(world.ask("streams", prefix="gru/list/", limit=4, **({"after": after} if after else {}))):
        expect_true(len(page) <= 4, f"a page of at most four: {page!r}")
        found += page
        after = page[-1]
    expect(sorted(found), wanted, "streams page by page, each once")
    expect(names(world.ask("streams", prefix="gru/no such")), [], "streams with a prefix that none has")
    passed("streams: prefix, limit, after")


def predictions_in(reply):
    """Every prediction somewhere in a reply."""
    if isinstance(reply, dict):
        if "stream" in reply and ("mean" in reply or "classes" in reply):
            return [reply]
        reply = list(reply.values())
    return [p for item in reply for p in predictions_in(item)] if isinstance(reply, list) else []


def last(world):
    one, two = world.make("gru/last/1"), world.make("state/last/2")
    reply = world.ask("last", streams=["gru/last/1", "state/last/2", "gru/none"])
    found = {p["stream"]: p for p in predictions_in(reply)}
    expect(found, {"gru/last/1": one, "state/last/2": two}, f"last: {reply!r}"[:2000])
    passed("last")


def forecast(world):
    stream, steps, model = "gru/ahead", 40, world.models["gru"]
    reference = model.streams()
    for seq in range(1, 31):
        values = world.values()
        model.step(reference, values)
        prediction = world.requests.tick(stream, values, seq=seq)["predictions"][0]
    before = world.ask("state.get", stream=stream)
    reply = world.ask("forecast", streams=["gru/none", stream], steps=steps)["forecasts"]
    expect(reply[0], None, "forecast of no stream")
    found = reply[1]
    expect((found["stream"], found["seq"], found["model"]), (stream, 30, "gru"), f"forecast: {found!r}"[:400])
    expect(found["mean"][0], prediction["mean"][0], "the first step is the prediction's")
    wanted = model.roll_out(reference, steps)[0]
    expect_true(not own_models.differs(np.array(found["mean"]), wanted).any(), f"rolled out: {found['mean']!r}")
    one = world.ask("forecast", stream=stream, steps=steps)["forecasts"]
    expect(one, [found], "forecast of one stream")
    expect(world.ask("state.get", stream=stream), before, "the state behind a forecast")
    world.make("state/ahead", 2)
    for more, code in (
        ({"streams": [stream]}, 1),
        ({"streams": [stream], "steps": 0}, 1),
        ({"steps": 3}, 1),
        ({"streams": [stream], "steps": 3, "interval": -1.0}, 1),
        ({"stream": "state/ahead", "steps": 3}, 3),
        ({"streams": [stream, stream], "steps": 8193}, 5),
    ):
        expect(world.requests.ask({"op": "forecast", **more})["error"]["code"], code, f"forecast {more!r}")
    passed("forecast")


def state_round_trip(world):
    source, copy, model = "gru/from", "gru/to", world.models["gru"]
    reference = model.streams()
    for seq in range(1, 41):
        values = [None, 3.0] if seq == 20 else world.values()
        model.step(reference, [np.nan if v is None else v for v in values])
        world.requests.tick(source, values, seq=seq, time=1_700_000_000 + seq)
    state = world.ask("state.get", stream=source)["state"]
    expect(
        (state["model"], state["seq"], state["time"]),
        ("gru", 40, 1_700_000_040 * 10**9),
        "model, seq and time of a state",
    )
    for name, slots in reference.recurrent.items():
        expect(sorted(state["layers"][name]), sorted(slots), f"slots of {name}")
        for slot, numbers in slots.items():
            found = np.frombuffer(state["layers"][name][slot], "<f4")
            expect(found.shape, numbers[0].shape, f"length of {name}.{slot}")
            expect_true(
                np.abs(found - numbers[0]).max() < 1e-5, f"{name}.{slot}: expected {numbers[0]}, found {found}"
            )
    for target in (copy, "gru/existing"):
        if target != copy:
            world.make(target, 3)
        world.ask("state.put", stream=target, state=state)
        world.subscriber.event(target, "restored")
        expect(
            without_name(world.ask("state.get", stream=target)["state"]),
            without_name(state),
            f"the state put into {target}",
        )
    ticks = [(seq, world.values()) for seq in range(41, 61)]
    for seq, values in ticks:
        replies = [
            world.requests.tick(stream, values, seq=seq)["predictions"][0]
            for stream in (source, copy, "gru/existing")
        ]
        for other in replies[1:]:
            expect((other["mean"], other["seq"]), (replies[0]["mean"], seq), f"prediction of a copy at seq {seq}")
    expect(
        ack_of(world.requests.tick(copy, world.values(), seq=40))["duplicate"], 1, "the count comes with the state"
    )
    wrong = world.requests.ask({"op": "state.put", "stream": "state/other", "state": state})
    expect_true("error" in wrong and wrong["error"]["detail"], f"a state of another model: {wrong!r}")
    passed("state.get and state.put, also under another name")


def without_name(state):
    """The encoding of all but the name: NaN equals NaN, and every bit counts."""
    return pack({key: value for key, value in state.items() if key != "stream"})


def reset_and_forget(world):
    for k in range(6):
        world.make(f"gru/group/{k}", 3)
    world.make("gru/grouped", 3)
    before = world.ask("hello", streams=["gru/group/0", "gru/grouped"])["streams"]
    reply = world.ask("reset", prefix="gru/group/")
    expect_true(6 in reply.values(), f"reset says how many: {reply!r}")
    for k in range(6):
        world.subscriber.event(f"gru/group/{k}", "reset")
    expect(world.ask("hello", streams=["gru/group/0", "gru/grouped"])["streams"], before, "reset keeps the counts")
    layers = world.ask("state.get", stream="gru/group/3")["state"]["layers"]
    expect_true(
        all(not any(slot) for layer in layers.values() for slot in layer.values()),
        f"layers after a reset: {layers!r}",
    )
    reply = world.ask("forget", stream="gru/group/0")
    expect_true(1 in reply.values(), f"forget says how many: {reply!r}")
    reply = world.ask("forget", prefix="gru/group/")
    expect_true(5 in reply.values(), f"forget says how many: {reply!r}")
    for k in range(6):
        world.subscriber.event(f"gru/group/{k}", "forgotten")
    found = world.ask("hello", streams=["gru/group/0", "gru/group/5", "gru/grouped"])["streams"]
    expect(found, {"gru/group/0": None, "gru/group/5": None, "gru/grouped": 3}, "streams after forget")
    expect(names(world.ask("streams", prefix="gru/group/")), [], "streams after forget")
    passed("reset and forget, by stream and by prefix")


def stats_and_snapshot(world):
    over_http, reply = stats(world.options.http), world.ask("stats")
    found = reply["stats"] if "stats" in reply else reply
    for key in (
        "epoch",
        "uptime",
        "received",
        "stepped",
        "duplicate",
        "rejected",
        "refused",
        "published",
        "streams",
        "engine",
        "kernel",
    ):
        expect_true(key in found, f"stats has {key}: {reply!r}")
        expect_true(key in over_http, f"/api/stats has {key}: {over_http!r}")
    for key in ("epoch", "stepped", "duplicate", "streams", "engine", "kernel"):
        expect(found[key], over_http[key], f"{key} of stats and of /api/stats")
    reply = world.requests.ask({"op": "snapshot", "rid": 3})
    expect(reply.get("rid"), 3, f"snapshot is answered: {reply!r}")
    passed("stats, snapshot")


def unknown_op(world):
    for op in ("no such op", "Hello", "state.get "):
        reply = world.requests.ask({"op": op, "rid": 1})
        expect((codes(reply), reply.get("rid")), ([6], 1), f"unknown op {op!r}: {reply!r}")
        expect_true(
            op in reply["error"]["detail"] and reply["error"]["reason"], f"an unknown op's answer names it: {reply!r}"
        )
    passed("unknown op: code 6")


def rids(world):
    for rid in (0, 1, -7, 2**64 - 1, "text", "", b"\x00\xff", 1.5, True, [1, [2]], {"a": {"b": None}}):
        expect(world.requests.ask({"op": "hello", "rid": rid}).get("rid"), rid, f"rid {rid!r} of a control request")
        tick = {"stream": "gru/rid", "values": world.values(), "rid": rid}
        expect(world.requests.ask(tick).get("rid"), rid, f"rid {rid!r} of a tick")
        expect(world.requests.ask({**tick, "values": [1.0]}).get("rid"), rid, f"rid {rid!r} of a rejected tick")
    expect_true("rid" not in world.requests.ask({"op": "hello"}), "no rid where none was sent")
    passed("rid comes back, whatever it is")


def pipelining(world):
    """Ticks, batches, control requests, garbage, all in flight at once: replies in the order of the requests."""
    count, kinds = 600, []
    for k in range(count):
        kind = ("tick", "op", "batch", "bad", "garbage", "unknown")[int(world.rng.integers(6))]
        kinds.append(kind)
        if kind == "tick":
            world.requests.send({"stream": f"gru/pipe/{k % 7}", "values": world.values(), "rid": k, "reply": True})
        elif kind == "op":
            world.requests.send({"op": "hello", "rid": k})
        elif kind == "batch":
            world.requests.send(
                [2, [[1, f"gru/pipe/{j % 5}", None, None, world.values()] for j in range(k % 40)], True]
            )
        elif kind == "bad":
            world.requests.send({"stream": "gru/pipe/0", "values": [1.0], "rid": k})
        elif kind == "unknown":
            world.requests.send({"op": "?", "rid": k})
        else:
            world.requests.send_raw(b"\xc1" * (k % 9 + 1))
    for k, kind in enumerate(kinds):
        reply = world.requests.receive()
        what = f"reply {k} to a {kind}: {reply!r}"[:600]
        if kind in ("tick", "op", "bad", "unknown"):
            expect(reply.get("rid"), k, what)
        if kind == "tick":
            expect((reply["ack"]["accepted"], reply["predictions"][0]["stream"]), (1, f"gru/pipe/{k % 7}"), what)
        elif kind == "batch":
            expect(
                (ack_of(reply)["accepted"], [p["stream"] for p in reply["predictions"]]),
                (k % 40, [f"gru/pipe/{j % 5}" for j in range(k % 40)]),
                what,
            )
        elif kind == "op":
            expect_true("epoch" in reply, what)
        else:
            expect(codes(reply), [{"bad": 3, "garbage": 1, "unknown": 6}[kind]], what)
    passed(f"{count} requests in flight, replies in order")


def batches(world):
    stream, reference = "gru/batch", world.models["gru"].streams()
    ticks = [(seq, world.values()) for seq in range(1, 101)]
    reply = world.requests.ask([2, [[1, stream, seq, None, values] for seq, values in ticks], True])
    expect(
        (ack_of(reply)["accepted"], len(reply["predictions"])),
        (100, 100),
        "a batch longer than a frame has one reply",
    )
    for (seq, values), prediction in zip(ticks, reply["predictions"]):
        wanted = world.models["gru"].step(reference, values).flat()[0]
        expect(prediction["seq"], seq, "seq in a batch's predictions")
        own_models.expect_prediction(prediction, wanted, f"seq {seq} of a batch")
    mixed = [
        [1, stream, 100, None, world.values()],
        [1, stream, 50, None, world.values()],
        {"stream": stream, "seq": 101, "values": [1.0]},
        {"stream": "nobody/1", "values": 1.0},
        [1, stream, 103, None, world.values()],
        [1, stream, 102, None, world.values()],
        [1, "state/batch", None, None, 0.5],
        [9, 9],
        7,
        [1, stream, 103, None, world.values()],
    ]
    answer = world.requests.ask([2, mixed, True])
    ack = ack_of(answer)
    expect(
        [ack[k] for k in ("received", "accepted", "duplicate", "rejected", "refused")],
        [10, 2, 3, 5, 0],
        f"ack of a mixed batch: {answer!r}",
    )
    expect(
        [(e["index"], e["code"]) for e in answer["errors"] if e["index"] != 7],
        [(2, 3), (3, 2), (5, 4), (8, 1)],
        f"errors of a mixed batch: {answer!r}",
    )
    expect(
        [p is not None for p in answer["predictions"]],
        [True, False, False, False, True, False, True, False, False, True],
        "predictions of a mixed batch",
    )
    expect(
        answer["predictions"][0], reply["predictions"][99], "prediction of a duplicate of the last tick, in a batch"
    )
    expect(answer["predictions"][9], answer["predictions"][4], "prediction of a duplicate within the batch")
    empty = world.requests.ask([2, [], True])
    expect(ack_of(empty)["received"], 0, "an empty batch")
    silent = world.requests.ask([2, [[1, stream, 104, None, world.values()]]])
    expect_true(
        ack_of(silent)["accepted"] == 1 and "predictions" not in silent,
        f"no predictions where none were asked for: {silent!r}",
    )
    large = [[1, f"state/large/{k % 50}", None, None, 0.5] for k in range(5000)]
    expect(ack_of(world.requests.ask([2, large]))["accepted"], 5000, "a batch of many frames")
    passed("batches: longer than a frame, mixed, empty, large")


def long_reply(world):
    count = 15_000
    reply = world.requests.ask([2, [[1, f"state/long/{k % 10}", None, None, 0.5] for k in range(count)], True])
    expect((ack_of(reply)["accepted"], len(reply["predictions"])), (count, count), "a batch with a long reply")
    seqs = [[p["seq"] for p in reply["predictions"][k::10]] for k in range(10)]
    expect(seqs, [list(range(s[0], s[0] + count // 10)) for s in seqs], "seqs in a long reply")
    passed("a reply of many predictions")


def many_clients(world):
    """Clients that pipeline at the same time: each gets its own replies, in its own order."""
    clients, count = [Requests(world.options.requests) for _ in range(20)], 100
    for k in range(count):
        for number, client in enumerate(clients):
            if (k + number) % 5 == 0:
                client.send({"op": "hello", "rid": [number, k]})
            else:
                client.send(
                    {
                        "stream": f"gru/client/{number}",
                        "seq": k + 1,
                        "values": world.values(),
                        "rid": [number, k],
                        "reply": True,
                    }
                )
    for number, client in enumerate(clients):
        for k in range(count):
            reply = client.receive()
            expect(reply["rid"], [number, k], "rid of a reply to one of many clients")
            if "predictions" in reply:
                expect(
                    (reply["predictions"][0]["stream"], reply["predictions"][0]["seq"]),
                    (f"gru/client/{number}", k + 1),
                    "prediction for one of many",
                )
        client.socket.close()
    passed(f"{len(clients)} clients at once")


def heartbeat(world):
    time.sleep(0.1)
    world.subscriber.pump()
    world.subscriber.heartbeats.clear()
    end = time.monotonic() + 5.3
    while time.monotonic() < end:
        world.subscriber.pump(0.1)
    beats = world.subscriber.heartbeats
    expect_true(4 <= len(beats) <= 6, f"a heartbeat a second: {len(beats)} in 5.3 s")
    now = stats(world.options.http)
    for _, beat in beats:
        expect_true(
            beat["epoch"] == now["epoch"]
            and beat["received"] == now["received"]
            and beat["stepped"] == now["stepped"]
            and beat["streams"] == now["streams"]
            and "published" in beat
            and beat["uptime"] >= 0,
            f"heartbeat {beat!r} against {now!r}",
        )
    apart = (beats[-1][1]["uptime"] - beats[0][1]["uptime"]) / (len(beats) - 1)
    expect_true(0.8 < apart < 1.3, f"uptime in seconds: {beats!r}")
    passed("heartbeat")


def main():
    options = arguments(folder="")
    if options.prepare:
        return own_models.prepare(options, documents())
    world, counters = World(options), Counters(options.http)
    for subject in (
        hello,
        describe,
        streams,
        last,
        forecast,
        state_round_trip,
        reset_and_forget,
        stats_and_snapshot,
        unknown_op,
        rids,
        pipelining,
        batches,
        long_reply,
        many_clients,
        heartbeat,
    ):
        subject(world)
    found = counters.changes()
    expect_accounts(found, f"{found!r}")


if __name__ == "__main__":
    run_peer(main)
