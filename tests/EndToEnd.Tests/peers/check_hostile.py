"""Bad input of every kind: each message is answered or counted, others are served, and no state moves by a bit.

The table is full from the start (streams.max 8), so that nothing sent here can make a stream. Needs tcp endpoints.
Scenarios (one daemon each): messages, connections.
"""
import socket
import struct
import time

import msgpack
import numpy as np
import zmq
from zmq.utils.monitor import recv_monitor_message

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
    unpack,
)

WATCHED = ["two/watched-0", "two/watched-1", "one/watched-2", "running/watched-3", "tokens/watched-4"]
VICTIMS = ["two/victim", "one/victim", "tokens/victim"]
INFINITY, NAN = float("inf"), float("nan")


def documents():
    return [
        rm.document(
            "one", ["value"], [rm.recurrent("rnn0", "gru", 1, 8), rm.dense("head", 8, 1)], rm.points(["value"])
        ),
        rm.document(
            "two",
            ["p", "q"],
            [rm.recurrent("rnn0", "lstm", 2, 8), rm.dense("head", 8, 2)],
            rm.points(["p", "q"]),
            {"kind": "fixed", "mean": [1.0, 2.0], "std": [1.0, 2.0]},
        ),
        rm.document(
            "running",
            ["value"],
            [rm.recurrent("rnn0", "rnn", 1, 8), rm.dense("head", 8, 1)],
            rm.points(["value"]),
            {"kind": "running", "halfLife": 20},
        ),
        rm.document(
            "tokens",
            ["token"],
            [
                {"name": "embed", "kind": "embedding", "vocabulary": 5, "outputs": 4},
                rm.recurrent("rnn0", "gru", 4, 8),
                rm.dense("head", 8, 2, "softmax"),
            ],
            {"classes": ["ok", "fault"]},
        ),
    ]


def good_values(stream):
    return {"two": [0.5, 1.5], "tokens": 3}.get(stream.split("/")[0], 0.5)


class World:
    def __init__(self, options):
        self.options = options
        self.rng = np.random.default_rng(options.seed)
        self.requests, self.publisher = Requests(options.requests), Publisher(options.ingest)
        for _ in range(7):
            for stream in WATCHED + VICTIMS:
                expect(ack_of(self.requests.tick(stream, good_values(stream)))["accepted"], 1, f"tick of {stream}")
        self.counters = Counters(options.http)
        self.states = self.watched()

    def watched(self):
        return {stream: self.requests.state_bytes(stream) for stream in WATCHED}

    def check(self, what, **wanted):
        """The counters are as wanted and no watched state has changed by a bit."""
        self.counters.expect(what, **wanted)
        for stream, state in self.watched().items():
            expect_true(
                state == self.states[stream],
                f"state of {stream} changed by {what}: was {unpack(self.states[stream])!r}, is {unpack(state)!r}",
            )
        passed(what)

    def rejected(self, payload, wanted, what, topic=None):
        """Over requests: one of the wanted codes; returns the reply."""
        reply = self.requests.ask_raw(payload, topic)
        found = codes(reply)
        expect_true(len(found) == 1 and found[0] in wanted, f"{what}: expected a code of {wanted}, found {reply!r}")
        text = str(reply["error"]["detail"] if "error" in reply else reply["errors"][0]["detail"])
        expect_true(text.strip() != "", f"{what}: the answer says what was found: {reply!r}")
        return reply


# Scenario messages


def wrong_values(world):
    bad = [
        ("two/watched-0", [INFINITY, 1.0], [1]),
        ("two/watched-0", [-INFINITY, 1.0], [1]),
        ("two/watched-0", [1e200, 1.0], [1]),
        ("two/watched-0", {"p": INFINITY}, [1]),
        ("two/watched-0", np.array([INFINITY, 1], "<f4").tobytes(), [1]),
        ("two/watched-0", [1.0], [3]),
        ("two/watched-0", [1.0, 2.0, 3.0], [3]),
        ("two/watched-0", [], [3]),
        ("two/watched-0", 1.0, [3]),
        ("two/watched-0", None, [3]),
        ("two/watched-0", b"\0" * 4, [3]),
        ("two/watched-0", b"\0" * 7, [3]),
        ("two/watched-0", b"", [3]),
        ("two/watched-0", {"p": 1.0, "z": 1.0}, [3]),
        ("two/watched-0", {"p": 1.0, 2: 1.0}, [1, 3]),
        ("two/watched-0", "text", [3]),
        ("two/watched-0", True, [3]),
        ("two/watched-0", [True, 1.0], [3]),
        ("two/watched-0", ["1.0", 2.0], [3]),
        ("two/watched-0", [[1.0, 2.0]], [3]),
        ("two/watched-0", msgpack.Timestamp(1), [3]),
        ("two/watched-0", msgpack.ExtType(5, b"x"), [3]),
        ("two/watched-0", [0.5] * 10_000, [3]),
        ("two/watched-0", b"\0" * 100_000, [3]),
        ("one/watched-2", [1.0, 2.0], [3]),
        ("running/watched-3", INFINITY, [1]),
        ("running/watched-3", -1e101, [1]),
        ("tokens/watched-4", 5, [3]),
        ("tokens/watched-4", -1, [3]),
        ("tokens/watched-4", 1.5, [3]),
        ("tokens/watched-4", None, [1, 3]),
        ("tokens/watched-4", NAN, [1, 3]),
        ("tokens/watched-4", 1e30, [3]),
        ("tokens/watched-4", INFINITY, [1, 3]),
    ]
    for stream, values, wanted in bad:
        short = repr(values)[:60]
        reply = world.rejected(pack({"stream": stream, "values": values}), wanted, f"values {short} of {stream}")
        if "ack" in reply:
            expect(ack_of(reply)["rejected"], 1, f"values {short}")
        world.rejected(pack([1, stream, None, None, values]), wanted, f"values {short} of {stream}, array form")
        world.publisher.send({"stream": stream, "values": values})
    batch = pack([2, [{"stream": stream, "values": values} for stream, values, _ in bad], True])
    reply = world.requests.ask_raw(batch)
    expect(ack_of(reply)["rejected"], len(bad), "a batch of bad ticks")
    expect([e["index"] for e in reply["errors"]], list(range(len(bad))), "errors of a batch, by index")
    for error, (stream, values, wanted) in zip(reply["errors"], bad):
        expect_true(
            error["code"] in wanted, f"values {repr(values)[:60]} in a batch: expected {wanted}, found {error!r}"
        )
    expect(reply["predictions"], [None] * len(bad), "predictions of a batch of bad ticks")
    world.check("infinities, wrong shapes and kinds", rejected=4 * len(bad))


def missing_values(world):
    for values, stream in (
        (NAN, "one/victim"),
        (None, "one/victim"),
        ([NAN, None], "two/victim"),
        ({}, "two/victim"),
        ({"q": NAN}, "two/victim"),
    ):
        reply = world.requests.tick(stream, values)
        expect(reply["predictions"][0].get("flags"), ["imputed"], f"flags of {values!r}")
    world.check("NaN, nil and absent values are missing values", stepped=5)


def wrong_fields(world):
    stream = "two/watched-0"
    tick = {"stream": stream, "values": [0.5, 0.5]}
    for change in (
        {"seq": -1},
        {"seq": 1.5},
        {"seq": "9"},
        {"run": -1},
        {"run": "x"},
        {"time": "now"},
        {"time": NAN},
        {"time": INFINITY},
        {"time": [1]},
        {"time": 1e300},
        {"time": -1.7e12},
        {"stream": 1.5},
        {"stream": None},
        {"stream": ""},
        {"stream": "x" * 256},
        {"stream": "a\nb"},
        {"stream": "a\0b"},
        {"stream": ["x"]},
        {"stream": -3},
        {"seq": 2**64 - 1, "stream": "x" * 300},
    ):
        world.rejected(pack({**tick, **change}), [1, 2, 3, 5], f"a tick with {change!r}"[:120])
    world.rejected(pack({"stream": stream}), [1, 6], "a tick without values")
    world.rejected(pack({"values": [0.5, 0.5]}), [1], "a tick without stream")
    world.rejected(pack([1, None, 1, None, [0.5, 0.5]]), [1], "a tick without stream, array form")
    world.rejected(b"\x82\xa6stream\xa2\xff\xfe\xa6values\x01", [1], "a name that is not UTF-8")
    world.rejected(pack({"values": [0.5, 0.5]}), [1], "a topic that is not UTF-8", topic=b"\xff\xfe")
    world.rejected(pack({"values": [0.5, 0.5]}), [1], "a topic with a control character", topic=b"two/\x07")
    world.rejected(pack([]), [1], "an empty array")
    world.rejected(pack([1]), [1], "an array of one")
    world.rejected(pack([1, stream]), [1], "an array without values")
    world.rejected(pack([2]), [1], "a batch without ticks")
    world.rejected(pack([2, 5]), [1], "a batch of a number")
    world.rejected(pack([2, {"a": 1}]), [1], "a batch of a map")
    world.rejected(pack([3, stream, 1, None, [1.0, 2.0]]), [6], "an unheard-of version")
    world.rejected(pack([-1, []]), [1, 6], "a negative version")
    world.rejected(pack(["1", stream, 1, None, [1.0, 2.0]]), [1, 6], "a version that is text")
    world.check("wrong fields and forms", rejected=20 + 15)


def malformed(world):
    """Bytes that are not MessagePack, or not only MessagePack: one received, one rejected, an error reply of code 1."""
    stream = "two/watched-0"
    tick = pack({"stream": stream, "values": [0.5, 0.5], "seq": 10_000, "time": 1.5, "trace": "x"})
    compact = pack([1, stream, 10_000, None, b"\0" * 8])
    batch = pack([2, [[1, stream, 10_000, None, [0.5, 0.5]], {"stream": stream, "values": [0.25, 0.5]}]])
    payloads = [whole[:k] for whole in (tick, compact, batch) for k in range(1, len(whole))]
    payloads += [
        tick + b"\0",
        compact + b"\xc0",
        batch + tick,
        b"\xc1",
        b"\xc0",
        b"\x01",
        b"\xa5hello",
        pack(1.5),
        pack(b"bytes"),
        pack(True),
    ]
    payloads += [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xa1a",
        b"\xc6\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\x92\x02\xdd\xff\xff\xff\xff\x01",
        b"\x92\x02\xdd\x00\xff\xff\xff" + b"\x01" * 100,
        b"\xc9\x7f\xff\xff\xff\x01",
        b"\x82\xa6stream\xdb\xff\xff\xff\xf0x\xa6values\x01",
    ]
    for deep in (
        b"\x91" * 100_000,
        b"\x91" * 1_000_000,
        b"\x81\xa1a" * 100_000,
        b"\x91" * 5000 + b"\xc0",
        b"\x81\xa1a" * 5000 + b"\xc0",
        b"\x92\x02" * 50_000,
        b"\x81\xa6values" + b"\x91" * 60_000 + b"\x01",
        b"\x83\xa6stream\xa6one/ab\xa6values\x01\xa1x" + b"\x91" * 60 + b"\xc0",
    ):
        payloads.append(deep)
    for payload in payloads:
        world.rejected(
            payload,
            [1, 6] if payload[:1] in (b"\x91", b"\x92") else [1],
            f"{payload[:40].hex()}… of {len(payload)} bytes",
        )
        world.publisher.send_raw(payload)
    world.check(f"{len(payloads)} malformed payloads, twice", rejected=2 * len(payloads))


def random_bytes(world):
    """Random bytes, and ticks of a sacrificed stream with bytes changed: whatever they are, all are counted."""
    victim = [
        pack({"stream": "two/victim", "values": [0.5, 0.5], "time": 5}),
        pack([1, "one/victim", None, None, 0.5]),
        pack([2, [[1, "one/victim", None, None, 0.5]] * 3]),
    ]
    before, count = stats(world.options.http), 6000
    for k in range(count):
        if k % 2:
            payload = world.rng.integers(0, 256, int(world.rng.integers(1, 200)), dtype=np.uint8).tobytes()
        else:
            changed = bytearray(victim[k // 2 % 3])
            for _ in range(int(world.rng.integers(1, 5))):
                changed[int(world.rng.integers(len(changed)))] = int(world.rng.integers(256))
            payload = bytes(changed)
        world.publisher.send_raw(payload)
        if k % 4 < 2:
            world.requests.send_raw(payload)
    for _ in range(count // 2):
        reply = world.requests.receive()
        expect_true(isinstance(reply, dict), f"a reply is a map: {reply!r}")
    deadline = time.monotonic() + 20
    while (after := stats(world.options.http))["received"] - before[
        "received"
    ] < count and time.monotonic() < deadline:
        time.sleep(0.05)
    expect_true(
        after["rejected"] - before["rejected"] > count,
        f"most of {count} random messages are rejected: {before!r} {after!r}",
    )
    expect(after["streams"], len(WATCHED) + len(VICTIMS), "streams after random bytes")
    time.sleep(0.3)
    world.counters = Counters(world.options.http)
    world.check("random and changed bytes")


def frames(world):
    """The number of frames, and their size."""
    requests = world.requests
    tick = pack({"stream": "one/victim", "values": 0.5})
    world.publisher.socket.send_multipart([b""])
    world.publisher.socket.send_multipart([b"a", tick, b"b"])
    world.publisher.socket.send_multipart([b"a", b"b", b"c", b"d", tick])
    world.publisher.socket.send_multipart([b"", b"", b"", b""])
    world.publisher.socket.send_multipart([b"x"] * 500)
    world.check("empty frames and too many frames over ingest", rejected=5)
    for sent in ([b""], [b"", b""], [b"a", tick, b"b"], [b"", b"a", tick, b"b"], [b"x"] * 500):
        requests.socket.send_multipart(sent)
        reply = unpack(requests.receive_raw()[-1])
        expect(codes(reply), [1], f"reply to the frames {sent[:4]!r}")
    world.check("empty frames and too many frames over requests", rejected=5)
    large = pack({"stream": "two/watched-0", "values": [0.5, 0.5], "x": b"\0" * (2 << 20)})
    world.rejected(large, [7], "a frame of 2 MiB")
    world.rejected(tick, [1, 3, 7], "a topic of 2 MiB", topic=b"t" * (2 << 20))
    world.publisher.send_raw(large)
    world.publisher.send_raw(tick, topic=b"t" * (2 << 20))
    world.check("frames over the limit: code 7", rejected=4)
    for endpoint, kind in ((world.options.requests, zmq.DEALER), (world.options.ingest, zmq.PUSH)):
        closed_by_huge_frame(endpoint, kind)
    world.check("a frame of 20 MiB closes the connection")


def closed_by_huge_frame(endpoint, kind):
    client = zmq.Context.instance().socket(kind)
    client.setsockopt(zmq.LINGER, 0)
    client.setsockopt(zmq.RECONNECT_IVL, -1)
    monitor = client.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    client.connect(endpoint)
    client.send(b"\xc6\x01\x40\x00\x00" + b"\0" * (20 << 20))
    expect_true(monitor.poll(10_000) > 0, f"a frame of 20 MiB to {endpoint} closes the connection")
    recv_monitor_message(monitor)
    client.disable_monitor()
    client.close()


def unknown_streams(world):
    count = 10_000
    for k in range(count):
        world.publisher.send([1, f"one/unknown-{k}", 1, None, 0.5])
    world.check("10,000 streams over the limit, over ingest", refused=count)
    reply = world.requests.ask([2, [[1, f"one/unknown-{k}", 1, None, 0.5] for k in range(count)]])
    expect((ack_of(reply)["refused"], len(reply["errors"])), (count, count), "a batch of streams over the limit")
    world.check("10,000 streams over the limit, in one batch", refused=count)
    reply = world.requests.ask([2, [[1, f"nobody/{k}", 1, None, 0.5] for k in range(count)]])
    expect(
        (ack_of(reply)["rejected"], {e["code"] for e in reply["errors"]}),
        (count, {2}),
        "a batch of streams of no model",
    )
    world.check("10,000 streams that no pattern matches", rejected=count)


def wrong_requests(world):
    before = stats(world.options.http)
    for message, wanted in (
        ({"op": "no such op"}, [6]),
        ({"op": 5}, [1, 6]),
        ({"op": None}, [1, 6]),
        ({"op": ""}, [1, 6]),
        ({"op": "x" * 100_000}, [1, 6]),
    ):
        world.rejected(pack(message), wanted, f"{message!r}"[:80])
    state = unpack(world.states["two/watched-0"])["state"]
    for message in (
        {"op": "state.get"},
        {"op": "state.get", "stream": "one/none"},
        {"op": "state.get", "stream": [1]},
        {"op": "state.put"},
        {"op": "state.put", "stream": "two/watched-0"},
        {"op": "state.put", "stream": "two/watched-0", "state": 5},
        {"op": "state.put", "stream": "two/watched-0", "state": {}},
        {"op": "state.put", "stream": "two/watched-0", "state": {**state, "layers": {}}},
        {
            "op": "state.put",
            "stream": "two/watched-0",
            "state": {**state, "layers": {"rnn0": {"h": b"\0" * 31, "c": b"\0" * 32}}},
        },
        {"op": "state.put", "stream": "two/watched-0", "state": {**state, "layers": {"rnn0": {"h": b"\0" * 32}}}},
        {
            "op": "state.put",
            "stream": "two/watched-0",
            "state": {**state, "layers": {"rnn0": {"h": np.full(8, NAN, "<f4").tobytes(), "c": b"\0" * 32}}},
        },
        {"op": "state.put", "stream": "one/watched-2", "state": state},
        {"op": "reset", "stream": 1.5},
        {"op": "forget", "stream": {}},
        {"op": "reset"},
        {"op": "forget"},
        {"op": "streams", "limit": -1},
        {"op": "streams", "limit": "x"},
        {"op": "last", "streams": 5},
        {"op": "hello", "streams": 5},
    ):
        reply = world.requests.ask(message)
        expect_true("error" in reply, f"{message!r} is an error: {reply!r}"[:400])
    # Control requests are no ticks, whatever they count as: the identity holds and nothing is stepped.
    time.sleep(0.1)
    expect(stats(world.options.http)["stepped"], before["stepped"], "ticks stepped by wrong requests")
    world.counters = Counters(world.options.http)
    world.check("wrong requests")


def leaves(value, path=()):
    """The path of every leaf of a nested message, and of every container."""
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], path + (key,))


def replaced(value, path, by):
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


def tampered_states(world):
    """A state with any one part replaced is taken or refused as a whole, and what is taken forecasts numbers."""
    for stream in VICTIMS + ["running/watched-3"]:
        state = unpack(world.requests.state_bytes(stream))["state"]
        victim = stream if stream in VICTIMS else "one/victim"
        for path in leaves(state):
            for by in (
                None,
                "x",
                -1,
                2**64 - 1,
                NAN,
                INFINITY,
                1e300,
                -1.0,
                [],
                {},
                b"",
                [1, 2, 3],
                b"\xff" * 32,
                True,
            ):
                before = world.requests.state_bytes(victim)
                reply = world.requests.ask({"op": "state.put", "stream": victim, "state": replaced(state, path, by)})
                if "error" in reply:
                    expect_true(
                        world.requests.state_bytes(victim) == before,
                        f"a refused state left {victim} as it was: {path!r} {by!r}",
                    )
                    continue
                reply = world.requests.tick(victim, good_values(victim), run=2**64 - 1)
                for prediction in reply["predictions"]:
                    numbers = rm.flatten_wire(prediction) if prediction else []
                    expect_true(
                        bool(np.isfinite(numbers).all()),
                        f"forecast of {victim} after {path!r} was {by!r}: {numbers!r}",
                    )
                world.requests.ask({"op": "state.put", "stream": victim, "state": unpack(before)["state"]})
    time.sleep(0.1)
    world.counters = Counters(world.options.http)
    world.check("tampered states")


def req_clients(world):
    context = zmq.Context.instance()
    for payload, wanted in (
        (pack({"op": "hello"}), None),
        (pack({"stream": "one/victim", "values": 0.5, "reply": True}), None),
        (b"\xc1", 1),
        (b"", 1),
        (pack({"op": "?"}), 6),
    ):
        client = context.socket(zmq.REQ)
        client.setsockopt(zmq.LINGER, 0)
        client.connect(world.options.requests)
        client.send(payload)
        expect_true(client.poll(10_000) > 0, f"REQ is answered: {payload!r}")
        reply = unpack(client.recv())
        expect(codes(reply), [wanted] if wanted else [], f"reply to REQ {payload!r}: {reply!r}")
        client.send_multipart([b"one/victim", pack({"values": 0.25})])
        expect_true(client.poll(10_000) > 0, "REQ with a topic is answered")
        expect(ack_of(unpack(client.recv()))["accepted"], 1, "REQ with a topic")
        client.close()
    time.sleep(0.1)
    world.counters = Counters(world.options.http)
    world.check("REQ clients")


def messages(world):
    for attack in (
        wrong_values,
        missing_values,
        wrong_fields,
        malformed,
        random_bytes,
        frames,
        unknown_streams,
        wrong_requests,
        tampered_states,
        req_clients,
    ):
        attack(world)


# Scenario connections

GREETING = b"\xff" + b"\0" * 8 + b"\x7f\x03\x00NULL" + b"\0" * 16 + b"\0" + b"\0" * 31


def ready(kind):
    body = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return bytes([0x04, len(body)]) + body


def half_open(world):
    """Peers that never speak, speak garbage, or stop in the middle; kept open while others are served."""
    endpoints = (
        (world.options.ingest, b"PUSH"),
        (world.options.requests, b"DEALER"),
        (world.options.predictions, b"SUB"),
    )
    garbage = world.rng.integers(0, 256, 10_000, dtype=np.uint8).tobytes()
    opened = []
    for endpoint, kind in endpoints:
        host, port = endpoint.removeprefix("tcp://").split(":")
        openings = [
            b"",
            garbage,
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            GREETING[:10],
            GREETING[:40],
            GREETING,
            GREETING + ready(kind)[:7],
            GREETING + ready(b"NONSENSE"),
            GREETING + ready(kind),
            GREETING + ready(kind) + garbage,
            GREETING + ready(kind) + b"\x02" + struct.pack(">Q", 500_000) + b"\x81" * 1000,
            GREETING + ready(kind) + b"\x02" + struct.pack(">Q", 2**63 - 1) + b"\x81" * 1000,
            GREETING + ready(kind) + b"\x01\x01a" * 50,
            GREETING + ready(kind) + b"\x04\x05\x04PING",
        ]
        for opening in openings * 4:
            peer = socket.create_connection((host, int(port)), timeout=10)
            try:
                peer.sendall(opening)
            except OSError:
                pass  # closed on us already: its right
            opened.append(peer)
    for _ in range(3):
        reply = world.requests.tick("one/victim", 0.5)
        expect(ack_of(reply)["accepted"], 1, "a tick while half-open peers hang on")
        time.sleep(0.2)
    for peer in opened:
        peer.close()
    expect(ack_of(world.requests.tick("one/victim", 0.5))["accepted"], 1, "a tick after half-open peers have gone")
    time.sleep(0.3)
    world.counters = Counters(world.options.http)
    world.check(f"{len(opened)} half-open peers")


def slow_subscribers(world):
    context, slow = zmq.Context.instance(), []
    for _ in range(3):
        peer = context.socket(zmq.SUB)
        peer.setsockopt(zmq.LINGER, 0)
        peer.setsockopt(zmq.RCVHWM, 1)
        peer.setsockopt(zmq.RCVBUF, 4096)
        peer.connect(world.options.predictions)
        peer.subscribe("")
        slow.append(peer)
    quick = Subscriber(world.options.predictions, "p/one/victim")
    count, size = 40, 500
    for _ in range(count):
        reply = world.requests.ask([2, [[1, "one/victim", None, None, 0.5]] * size])
        expect(ack_of(reply)["accepted"], size, "a batch while subscribers sleep")
        quick.pump()
    deadline = time.monotonic() + 10
    while len(quick.predictions["one/victim"]) < count * size and time.monotonic() < deadline:
        quick.pump(0.2)
    seqs = [p["seq"] for p in quick.predictions["one/victim"]]
    expect(len(seqs), count * size, "predictions that a quick subscriber gets while others sleep")
    expect(seqs, list(range(seqs[0], seqs[0] + len(seqs))), "their seqs")
    for peer in slow:
        peer.close()
    world.check("slow subscribers", stepped=count * size)


def never_reading(world):
    """Clients that send and never read a reply; others get theirs, and every tick is counted."""
    context, deaf = zmq.Context.instance(), []
    for _ in range(3):
        peer = context.socket(zmq.DEALER)
        peer.setsockopt(zmq.LINGER, 0)
        peer.setsockopt(zmq.RCVHWM, 1)
        peer.setsockopt(zmq.RCVBUF, 4096)
        peer.setsockopt(zmq.SNDHWM, 1000)
        peer.connect(world.options.requests)
        deaf.append(peer)
    time.sleep(0.2)
    tick = pack({"stream": "two/victim", "values": [0.5, 0.25], "reply": True})
    sent, until = 0, time.monotonic() + 5
    while sent < 60_000 and time.monotonic() < until:
        for peer in deaf:
            try:
                peer.send(tick, zmq.DONTWAIT)
                sent += 1
            except zmq.Again:
                pass
        if sent % 3000 == 0:
            start = time.monotonic()
            expect(
                ack_of(world.requests.tick("one/victim", 0.5))["accepted"], 1, "a tick beside clients that never read"
            )
            expect_true(time.monotonic() - start < 5, "an answer within 5 s beside clients that never read")
    for peer in deaf:
        peer.close()
    quiet, before = 0, stats(world.options.http)["received"]
    while quiet < 3:
        time.sleep(0.2)
        now = stats(world.options.http)["received"]
        quiet, before = (quiet + 1 if now == before else 0), now
    world.counters = Counters(world.options.http)
    world.check(f"clients that sent {sent} ticks and read no reply")


def coming_and_going(world):
    for k in range(200):
        peer = Requests(world.options.requests)
        peer.send({"stream": "one/victim", "values": 0.5, "reply": True})
        if k % 2:
            expect(ack_of(peer.receive())["accepted"], 1, "a short-lived client")
        peer.socket.close()
    time.sleep(0.5)
    world.counters = Counters(world.options.http)
    world.check("clients that come and go")


def connections(world):
    for attack in (half_open, slow_subscribers, never_reading, coming_and_going):
        attack(world)


def main():
    options = arguments(folder="")
    if options.prepare:
        return own_models.prepare(options, documents())
    world = World(options)
    {"messages": messages, "connections": connections}[options.scenario](world)
    after = stats(options.http)
    expect_accounts(after, "at the end")
    for stream in WATCHED:
        expect(
            ack_of(world.requests.tick(stream, good_values(stream)))["accepted"], 1, f"tick of {stream} at the end"
        )
    passed("still serving")


if __name__ == "__main__":
    run_peer(main)
