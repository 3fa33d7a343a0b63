"""Every rule of the protocol's section Order, and what becomes of a stream's state meanwhile, against numpy.

Scenarios, one daemon each: order; step, impute, reset (streams.onGap); limit (streams.max 5); idle (idleAfter 2 s).
"""
import struct
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
    expect_true,
    pack,
    passed,
    run_peer,
    stats,
)



def documents():
    return [
        rm.document(
            "plain",
            ["value"],
            [rm.recurrent("rnn0", "gru", 1, 8), rm.dense("head", 8, 2)],
            rm.points(["value"], (1, 2)),
        ),
        rm.document(
            "late",
            ["value"],
            [rm.recurrent("rnn0", "lstm", 1, 6), rm.dense("head", 6, 1)],
            rm.points(["value"], (3,)),
            {"kind": "fixed", "mean": [5.0], "std": [2.0]},
        ),
        rm.document(
            "running",
            ["value"],
            [rm.recurrent("rnn0", "rnn", 1, 5), rm.dense("head", 5, 1)],
            rm.points(["value"]),
            {"kind": "running", "halfLife": 20},
        ),
    ]


class Followed:
    """A stream stepped in the daemon and in numpy side by side."""

    def __init__(self, world, model, stream):
        self.world, self.model, self.stream = world, world.models[model], stream
        self.restart()

    def restart(self):
        self.state = self.model.streams()

    def skip(self, ticks):
        """Steps the reference over ticks that never came."""
        for _ in range(ticks):
            self.model.step(self.state, [np.nan] * len(self.model.inputs))

    def tick(self, value, flags=(), **more):
        """A tick that must be stepped; returns its prediction."""
        what = f"tick {more} of {self.stream!r}"
        reply = self.world.requests.tick(self.stream, value, **more)
        expect(ack_of(reply)["accepted"], 1, f"{what}: accepted, in {reply!r}")
        self.compare(reply["predictions"][0], value, what, flags)
        return reply["predictions"][0]

    def compare(self, prediction, value, what, flags=()):
        wanted = self.model.step(self.state, [np.nan if value is None else value])
        own_models.expect_prediction(prediction, wanted.flat()[0], what)
        flags = set(flags) | ({"warming"} if wanted.warming[0] else set())
        expect(set(prediction.get("flags", [])), flags, f"{what}: flags")

    def unstepped(self, outcome, code=None, value=0.5, **more):
        """A tick that must not be stepped."""
        what = f"tick {more} of {self.stream!r}"
        reply = self.world.requests.tick(self.stream, value, **more)
        expect(ack_of(reply)[outcome], 1, f"{what}: {outcome}, in {reply!r}")
        if code is not None:
            expect(codes(reply), [code], f"{what}: codes, in {reply!r}")
        return reply


class World:
    def __init__(self, options):
        self.options = options
        self.models = own_models.load(options, documents())
        self.requests, self.publisher = Requests(options.requests), Publisher(options.ingest)
        self.subscriber, self.counters = Subscriber(options.predictions), Counters(options.http)
        self.rng = np.random.default_rng(options.seed + 1)

    def follow(self, model, name):
        return Followed(self, model, f"{model}/{name}")

    def value(self):
        return float(np.round(self.rng.normal(), 3))


# Scenario order


def gaps_and_what_comes_late(world):
    s = world.follow("plain", "gaps")
    s.tick(0.1, seq=500)
    world.subscriber.no_event(s.stream, "gap", 0.2)
    expect(s.tick(0.2, seq=501)["seq"], 501, "seq")
    # Nine gaps of two ticks each; the eight youngest are remembered at least.
    for k in range(9):
        s.tick(world.value(), seq=504 + 3 * k)
        event = world.subscriber.event(s.stream, "gap")
        expect(event["seq"], 504 + 3 * k, f"seq of the event {event!r}")
    last = 504 + 3 * 8
    for k in range(1, 9):
        for seq in (504 + 3 * k - 2, 504 + 3 * k - 1):
            s.unstepped("rejected", 4, seq=seq)
        s.unstepped("duplicate", seq=504 + 3 * k)
    s.unstepped("duplicate", seq=501)
    s.unstepped("rejected", 4, seq=last - 1)
    s.tick(0.3, seq=last + 1)
    passed("gaps, eight of them remembered, too late and duplicate told apart")


def duplicates(world):
    s = world.follow("running", "duplicates")
    predictions = [s.tick(world.value(), seq=seq) for seq in (1, 2, 3)]
    reply = s.unstepped("duplicate", seq=3)
    expect(reply["predictions"], predictions[2:], "prediction of a duplicate of the last tick")
    expect(codes(reply), [], "errors of a duplicate")
    expect(s.unstepped("duplicate", seq=1)["predictions"], [None], "prediction of an older duplicate")
    s.tick(world.value(), seq=4)
    passed("duplicates are not stepped; the last tick's prediction is given again")


def without_seq(world):
    s = world.follow("plain", "no-seq")
    first = s.tick(0.5)["seq"]
    expect(
        [s.tick(world.value())["seq"] for _ in range(3)], [first + 1, first + 2, first + 3], "seq of ticks without"
    )
    s.tick(0.1, seq=first + 10)
    world.subscriber.event(s.stream, "gap")
    expect(s.tick(0.2)["seq"], first + 11, "seq of a tick without, after one with")
    passed("ticks without seq take last + 1")


def runs(world):
    s = world.follow("running", "runs")
    for seq in (10, 11, 12):
        s.tick(world.value(), seq=seq, run=5)
    s.tick(world.value(), seq=1, run=6)
    event = world.subscriber.event(s.stream, "gap")
    expect_true("restart" in str(event["detail"]), f"a restart's event has the detail restart: {event!r}")
    s.tick(world.value(), seq=2, run=6)
    s.unstepped("duplicate", seq=1, run=6)
    s.unstepped("rejected", seq=3, run=5)
    s.unstepped("rejected", seq=13, run=5)
    s.tick(world.value(), seq=3, run=6)
    s.tick(world.value(), seq=100, run=9)
    expect_true("restart" in str(world.subscriber.event(s.stream, "gap")["detail"]), "restart, again")
    reply = world.requests.ask([1, s.stream, 101, None, [0.25], True, 9])
    expect(ack_of(reply)["accepted"], 1, "array form with run")
    s.compare(reply["predictions"][0], 0.25, "array form with run")
    passed("a greater run starts the count anew and keeps the state, a smaller one is rejected")


def stalled(world):
    s = world.follow("plain", "stalled")
    s.tick(0.5, seq=7)
    for _ in range(99):
        world.requests.send({"stream": s.stream, "values": 1.0, "seq": 7})
    for _ in range(99):
        expect(ack_of(world.requests.receive())["duplicate"], 1, "duplicate")
    world.subscriber.no_event(s.stream, "stalled")
    s.unstepped("duplicate", seq=7)
    world.subscriber.event(s.stream, "stalled")
    s.tick(0.75, seq=8)
    s = world.follow("plain", "not stalled")
    s.tick(0.5, seq=7, run=1)
    for _ in range(101):
        s.unstepped("duplicate", seq=7, run=1)
    world.subscriber.no_event(s.stream, "stalled")
    passed("a hundred duplicates in a row, without run: stalled")


def warms_up(world):
    s = world.follow("running", "warms")
    expect(s.tick(1.0)["flags"], ["warming"], "flags of the first tick")
    world.subscriber.no_event(s.stream, "warmed", 0.1)
    expect(
        s.tick(None, flags=["imputed"])["flags"],
        ["warming", "imputed"],
        "flags of an imputed second tick: nothing was learnt",
    )
    s.tick(2.0)
    world.subscriber.event(s.stream, "warmed")
    s.tick(3.0)
    world.subscriber.no_event(s.stream, "warmed", 0.1)
    passed("warmed, once")


def end_of_count(world):
    s = world.follow("plain", "end")
    last = 2**64 - 1
    s.tick(0.1, seq=last - 1)
    expect(s.tick(0.2)["seq"], last, "the last seq there is")
    s.unstepped("rejected")
    s.unstepped("duplicate", seq=last)
    s.tick(0.3, seq=0, run=1)
    expect(s.tick(0.4)["seq"], 1, "seq after a restart at 0")
    passed("the end of the count, and a run behind it")


def number_formats(world):
    """Every MessagePack integer and float format, shortest or not, wherever a number is expected."""
    seven = [
        b"\x07",
        b"\xcc\x07",
        b"\xcd\0\x07",
        b"\xce\0\0\0\x07",
        b"\xcf" + b"\0" * 7 + b"\x07",
        b"\xd0\x07",
        b"\xd1\0\x07",
        b"\xd2\0\0\0\x07",
        b"\xd3" + b"\0" * 7 + b"\x07",
    ]
    floats = [struct.pack(">Bf", 0xCA, 7.0), struct.pack(">Bd", 0xCB, 7.0)]
    for k, number in enumerate(seven + floats):
        integer = number if k < len(seven) else seven[0]
        stream = pack(f"plain/format-{k}")
        tick = b"\x95" + pack(1)[:1] + stream + integer + number + b"\x91" + number
        found = world.requests.ask_raw(b"\x92\x02\x91" + tick)
        expect(ack_of(found)["accepted"], 1, f"7 as {number.hex()}: {found!r}")
        found = world.requests.ask_raw(
            b"\x85\xa6stream"
            + stream
            + b"\xa3seq"
            + b"\x08"
            + b"\xa4time"
            + number
            + b"\xa6values"
            + number
            + b"\xa5reply\xc3"
        )
        expect(codes(found), [], f"7 as {number.hex()}: {found!r}")
        prediction = found["predictions"][0]
        expect(
            (prediction["seq"], prediction["time"], prediction["values"]),
            (8, 7 * 10**9, [7.0]),
            f"7 as {number.hex()}",
        )
    negative = [b"\xf9", b"\xd0\xf9", b"\xd1\xff\xf9", b"\xd2\xff\xff\xff\xf9", b"\xd3" + b"\xff" * 7 + b"\xf9"]
    for number in negative:
        found = world.requests.ask_raw(
            b"\x83\xa6stream" + pack("plain/negative") + b"\xa6values" + number + b"\xa5reply\xc3"
        )
        expect(found["predictions"][0]["values"], [-7.0], f"-7 as {number.hex()}")
    for encoded in (b"\xdc\0\x05\x01", b"\xdd\0\0\0\x05\xcc\x01", b"\x95\xd3" + b"\0" * 7 + b"\x01"):
        found = world.requests.ask_raw(encoded + b"\xd9\x0aplain/wide\xc0\xc0\xdd\0\0\0\x01\x07")
        expect(ack_of(found)["accepted"], 1, f"long headers, {encoded.hex()}: {found!r}")
    for text in (b"\xaaplain/wide", b"\xda\0\x0aplain/wide", b"\xdb\0\0\0\x0aplain/wide"):
        found = world.requests.ask_raw(b"\xde\0\x02\xd9\x01s" + text + b"\xda\0\x01v\xcb" + struct.pack(">d", 0.5))
        expect(ack_of(found)["accepted"], 1, f"a long map with long strings: {found!r}")
    passed("every format of numbers, strings, arrays and maps")


def time_goes_backwards(world):
    s = world.follow("plain", "time")
    at = 1_700_000_000_000_000_000
    s.tick(0.1, seq=1, time=at)
    s.tick(0.2, seq=2, time=at + 1)
    prediction = s.tick(0.3, seq=3, time=at - 1, flags=["late"])
    expect(prediction["time"], at - 1, "time of a late tick")
    s.tick(0.4, seq=4, time=at + 2)
    passed("time backwards: stepped and flagged late")


def units_of_time(world):
    s = world.follow("plain", "units")
    cases = [
        (1_600_000_000, 10**9),
        (1_600_000_000_001, 10**6),
        (1_600_000_000_000_003, 10**3),
        (1_600_000_000_000_000_007, 1),
        (-5, 10**9),
        (0, 10**9),
        (10**11, 10**6),
        (10**14, 10**3),
        (10**17, 1),
        (1_600_000_000.5, 10**9),
        (-1.25, 10**9),
    ]
    for at, unit in cases:
        wanted = int(at * unit)
        reply = world.requests.tick(s.stream, 0.5, time=at)
        expect(reply["predictions"][0]["time"], wanted, f"time sent as {at!r}")
    passed("seconds, milliseconds, microseconds, nanoseconds")


def identities(world):
    subscriber, requests = world.subscriber, world.requests
    expect(requests.tick(17, 0.5)["predictions"][0]["stream"], 17, "stream first named by an unsigned integer")
    prediction = requests.tick("17", 0.6)["predictions"][0]
    expect(prediction["stream"], 17, "form of a stream's name: that of its first tick")
    first = requests.tick("42", 0.5)["predictions"][0]
    expect(first["stream"], "42", "stream first named by a string")
    second = requests.tick(42, 0.5)["predictions"][0]
    expect((second["stream"], second["seq"]), ("42", first["seq"] + 1), "the same stream by number")
    subscriber.pump(0.5)
    expect([p["stream"] for p in subscriber.predictions["17"]], [17, 17], "published under the topic p/17")
    big = 2**64 - 1
    expect(requests.tick(big, 0.5)["predictions"][0]["stream"], big, "largest unsigned integer")

    reply = requests.ask({"values": 0.5, "reply": True}, topic=b"plain/by-topic")
    expect(reply["predictions"][0]["stream"], "plain/by-topic", "stream named by the topic")
    reply = requests.ask([1, None, 5, None, 0.5, True], topic=b"plain/by-topic")
    expect(reply["predictions"][0]["stream"], "plain/by-topic", "stream named by the topic, array form")
    reply = requests.ask({"stream": "plain/by-key", "values": 0.5, "reply": True}, topic=b"plain/by-topic")
    expect(reply["predictions"][0]["stream"], "plain/by-key", "the key beats the topic")
    reply = requests.ask([2, [{"values": 0.5}, [1, "plain/by-key", None, None, 0.5]], True], topic=b"plain/by-topic")
    expect(
        [p["stream"] for p in reply["predictions"]], ["plain/by-topic", "plain/by-key"], "topic and key in a batch"
    )
    reply = requests.ask(
        {
            "id": "plain/second",
            "s": "plain/third",
            "stream": "plain/first",
            "v": 7.0,
            "data": 8.0,
            "value": 0.125,
            "n": 9,
            "seq": 4,
            "ts": 5,
            "t": 6,
            "timestamp": 7,
            "time": 3,
            "reply": True,
        }
    )
    found = reply["predictions"][0]
    expect(
        (found["stream"], found["values"], found["seq"], found["time"]),
        ("plain/first", [0.125], 4, 3 * 10**9),
        "the leftmost alias wins",
    )
    passed("integer ids, topics, keys and aliases")


def reset_and_forget(world):
    requests, subscriber = world.requests, world.subscriber
    s = world.follow("running", "reset")
    for seq in range(1, 6):
        s.tick(world.value(), seq=seq)
    expect_true("error" not in (reply := requests.ask({"op": "reset", "stream": s.stream})), f"reset: {reply!r}")
    subscriber.event(s.stream, "reset")
    s.restart()
    s.tick(world.value(), seq=6)
    s.unstepped("duplicate", seq=5)
    subscriber.no_event(s.stream, "gap", 0.2)
    expect_true("error" not in (reply := requests.ask({"op": "forget", "stream": s.stream})), f"forget: {reply!r}")
    event = subscriber.event(s.stream, "forgotten")
    expect_true("6" in f"{event['seq']} {event['detail']}", f"the event says which count was dropped: {event!r}")
    s.restart()
    s.tick(world.value(), seq=3)
    subscriber.no_event(s.stream, "gap", 0.2)
    passed("reset keeps the count, forget drops it; both are events")


def rejected_events_are_limited(world):
    s = world.follow("plain", "noisy")
    s.tick(0.5, seq=1)
    for _ in range(60):
        world.publisher.send({"stream": s.stream, "seq": 2, "values": [1.0, 2.0, 3.0]})
    world.subscriber.event(s.stream, "rejected")
    deadline = time.monotonic() + 0.6
    while time.monotonic() < deadline:
        world.subscriber.pump(0.1)
    count = 1 + sum(e["event"] == "rejected" for e in world.subscriber.events[s.stream])
    expect_true(2 <= count <= 20, f"rejected events of 60 rejected ticks: at most 10 a second, found {count}")
    s.tick(0.75, seq=2)
    passed("rejected ticks are events, ten a second at most")


def unknown_stream(world):
    for message in ({"stream": "nobody/1", "values": 0.5}, [1, "nobody/1", 1, None, 0.5]):
        reply = world.requests.ask(message)
        expect((ack_of(reply)["rejected"], codes(reply)), (1, [2]), f"no model's pattern matches: {reply!r}")
    passed("a stream that no pattern matches: code 2")


def over_ingest(world):
    """The same rules where no reply can tell: by predictions and counters alone."""
    world.counters.before = stats(world.options.http)
    s = world.follow("plain", "ingest")
    sent = [(1, 0.1), (2, 0.2), (2, 0.9), (5, 0.3), (3, 0.9), (4, 0.9), (1, 0.9), (6, 0.4), (4, 0.9), (7, 0.5)]
    for seq, value in sent:
        world.publisher.send([1, s.stream, seq, None, value])
    world.counters.expect("order over ingest", stepped=5, duplicate=2, rejected=3)
    while len(world.subscriber.predictions[s.stream]) < 5:
        expect_true(world.subscriber.pump(5.0) > 0, "predictions of ticks over ingest")
    for prediction, (seq, value) in zip(
        world.subscriber.predictions[s.stream], [(1, 0.1), (2, 0.2), (5, 0.3), (6, 0.4), (7, 0.5)]
    ):
        expect(prediction["seq"], seq, "seq")
        s.compare(prediction, value, f"seq {seq} over ingest")
    passed("the same over ingest")


def order(world):
    for rule in (
        gaps_and_what_comes_late,
        duplicates,
        without_seq,
        runs,
        stalled,
        warms_up,
        end_of_count,
        number_formats,
        time_goes_backwards,
        units_of_time,
        identities,
        reset_and_forget,
        rejected_events_are_limited,
        unknown_stream,
        over_ingest,
    ):
        rule(world)


# Scenarios step, impute, reset: streams.onGap


def on_gap(world):
    policy = world.options.scenario
    for model in world.models:
        s = world.follow(model, "policy")
        value = lambda: float(np.round(5.0 + world.rng.normal(), 3))
        for seq in (1, 2, 3, 4):
            s.tick(value(), seq=seq)
        for seq, missing in ((6, 1), (12, 4)):
            if policy == "impute":
                s.skip(missing)
            elif policy == "reset":
                s.restart()
            s.tick(value(), seq=seq)
            event = world.subscriber.event(s.stream, "gap")
            expect(event["seq"], seq, f"seq of {event!r}")
            if policy == "reset":
                world.subscriber.event(s.stream, "reset")
            s.tick(value(), seq=seq + 1)
        for seq in (5, 8):
            s.unstepped("rejected", 4, seq=seq)
        s.tick(value(), seq=14)
    before = stats(world.options.http)
    s = world.follow("plain", "abyss")
    s.tick(0.5, seq=1)
    reply = world.requests.tick(s.stream, 0.5, seq=2**62)  # a gap nobody can step over, and nothing may hang
    expect(ack_of(reply)["accepted"], 1, "the tick after an enormous gap")
    world.subscriber.event(s.stream, "gap")
    expect(
        stats(world.options.http)["stepped"] - before["stepped"], 2, "ticks stepped over are not counted as stepped"
    )
    passed(f"onGap {policy}")


# Scenario limit: streams.max is 5


def limit(world):
    requests = world.requests
    streams = [world.follow("plain", f"l{k}") for k in range(5)]
    for s in streams:
        s.tick(0.5, seq=1)
    world.counters.expect("five streams", stepped=5)
    late = world.follow("plain", "sixth")
    late.unstepped("refused", 5, seq=1)
    for seq in (2, 3, 4):
        error = late.unstepped("refused", 10, seq=seq)["errors"][0]
        expect_true("1" in error["detail"], f"code 10 says which seq is expected: {error!r}")
    late.unstepped("refused", 5, seq=1)
    for s in streams:
        s.tick(0.25, seq=2)
    expect_true(
        "error" not in (reply := requests.ask({"op": "forget", "stream": streams[4].stream})), f"forget: {reply!r}"
    )
    late.unstepped("refused", 10, seq=5)
    late.tick(0.5, seq=1)
    late.tick(0.5, seq=2)
    streams[4].unstepped("refused", 5, seq=3)
    batch = [
        [1, "plain/l0", 3, None, 0.125],
        [1, "plain/new", 7, None, 0.5],
        [1, "plain/new", 8, None, 0.5],
        [1, "plain/l0", 3, None, 0.5],
    ]
    reply = requests.ask([2, batch, True])
    ack = ack_of(reply)
    expect(
        [ack[k] for k in ("received", "accepted", "duplicate", "rejected", "refused")],
        [4, 1, 1, 0, 2],
        f"ack of {reply!r}",
    )
    expect([(e["index"], e["code"]) for e in reply["errors"]], [(1, 5), (2, 10)], f"errors of {reply!r}")
    expect(
        [p is None for p in reply["predictions"]],
        [False, True, True, False],
        "predictions of a batch with refused ticks",
    )
    world.counters.expect("requests at the limit", stepped=8, refused=9, duplicate=1)
    for k in range(20):
        world.publisher.send({"stream": f"plain/over-{k}", "values": 0.5})
    world.publisher.send({"stream": "plain/l1", "values": 0.5})
    world.counters.expect("ingest at the limit", stepped=1, refused=20)
    passed("the table's limit: codes 5 and 10, and the way back")


# Scenario idle: streams.idleAfter is 2 s


def idle(world):
    gone, busy = world.follow("running", "gone"), world.follow("running", "busy")
    for seq in range(1, 4):
        gone.tick(world.value(), seq=seq)
    deadline = time.monotonic() + 8
    seq = 0
    while not any(e["event"] == "evicted" for e in world.subscriber.events[gone.stream]):
        expect_true(time.monotonic() < deadline, "an idle stream is evicted within a few seconds")
        busy.tick(world.value(), seq=(seq := seq + 1))
        world.subscriber.pump(0.2)
    event = world.subscriber.event(gone.stream, "evicted")
    expect_true("3" in f"{event['seq']} {event['detail']}", f"the event says which count was dropped: {event!r}")
    gone.restart()
    gone.tick(world.value(), seq=1)
    world.subscriber.no_event(gone.stream, "gap", 0.2)
    world.subscriber.no_event(busy.stream, "evicted", 0.0)
    passed("an idle stream is evicted, a busy one is not")


def main():
    options = arguments(folder="")
    if options.prepare:
        return own_models.prepare(options, documents(), {"plain": ["1*", "4*"]})
    scenarios = {"order": order, "step": on_gap, "impute": on_gap, "reset": on_gap, "limit": limit, "idle": idle}
    scenarios[options.scenario](World(options))


if __name__ == "__main__":
    run_peer(main)
