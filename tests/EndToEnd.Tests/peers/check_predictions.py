"""Every prediction of random models against numpy: map, array and batch form, over ingest and over requests.

The same ticks go to a stream of its own in each of the six ways, so all six have one reference and, by the promise that
a prediction's bits do not depend on what else is in its batch, the very same bits.
"""
import itertools
import json
import os
import time

import msgpack
import numpy as np
import zmq

import own_models
import realtime_model as rm
from wire import (
    Counters,
    Publisher,
    Requests,
    Subscriber,
    ack_of,
    arguments,
    expect,
    expect_true,
    fail,
    pack,
    passed,
    run_peer,
)

WAYS = list(itertools.product(("map", "array", "batch"), ("ingest", "requests")))
WINDOW = 400  # ticks in flight
START = 1_700_000_000  # seconds since 1970


def models(seed, folder):
    rng = np.random.default_rng(seed)
    return [
        rm.save_random(rng, os.path.join(folder, f"{d['name']}.safetensors"), d, dtype)
        for d, dtype in rm.every_kind(rng)
    ]


def prepare(options):
    listed = [
        {"name": m.name, "file": f"{m.name}.safetensors", "streams": [f"{m.name}/*"]}
        for m in models(options.seed, options.prepare)
    ]
    print(json.dumps(listed))


class Case:
    """One stream's ticks and what must come back, whichever way they are sent."""

    def __init__(self, model, number, values):
        self.model, self.number = model, number
        self.values = values  # [ticks, inputs]
        self.bin = number % 4 == 1 and not model.embedding
        if self.bin:
            self.values = values.astype(np.float32).astype(np.float64)
        self.with_seq = number % 3 != 2
        self.first = 1000 * number + 1
        self.timing = ("ns", "ms", "float", "ext", "none")[number % 5]
        self.expected = None  # [ticks, numbers]
        self.imputed = None
        self.warming = None

    def name(self, way):
        return f"{self.model.name}/{way[0]}-{way[1]}/{self.number}"

    def seq(self, tick):
        return self.first + tick if self.with_seq else None

    def time(self, tick):
        """The tick's time as sent, and in ns as it must come back (None: the time of arrival)."""
        if self.timing == "none":
            return None, None
        if self.timing == "ms":
            return START * 1000 + 125 * tick, (START * 1000 + 125 * tick) * 1_000_000
        if self.timing == "float":
            return START + tick / 512, START * 10**9 + tick * 1_953_125
        if self.timing == "ext":
            return msgpack.Timestamp(START + tick, 7 * tick), (START + tick) * 10**9 + 7 * tick
        return START * 10**9 + 1001 * tick, START * 10**9 + 1001 * tick

    def trace(self, tick):
        return f"00-{tick:032x}-{self.number + 1:016x}-01" if tick % 10 == 3 else None

    def encoded(self, tick):
        """The values of a tick in one of the forms the protocol takes."""
        row = self.values[tick]
        if self.bin:
            return row.astype("<f4").tobytes()
        if self.model.embedding:
            return int(row[0]) if tick % 2 else [float(row[0])]
        if self.number % 4 == 2:
            return {name: float(x) for name, x in zip(self.model.inputs, row) if not np.isnan(x)}
        if len(row) == 1 and self.number % 4 == 3:
            return None if np.isnan(row[0]) else float(row[0])
        return [None if np.isnan(x) and tick % 2 else float(x) for x in row]

    def echo(self, tick):
        return [None if np.isnan(x) else float(x) for x in self.values[tick]]


def cases(options, listed):
    rng = np.random.default_rng(options.seed + 1)
    result = []
    for model in listed:
        per_model = options.streams_per_model
        values = rm.random_values(rng, model, options.ticks, per_model)
        if not model.embedding:
            values[:, ::2][rng.random(values[:, ::2].shape) < 0.1] = np.nan
        if model.normalise["kind"] == "running":
            values[options.ticks * 4 // 5, 1:] += 1000.0  # beyond ten standard deviations: clamped
            values[10:20, 0] = values[10, 0]
        here = [Case(model, len(result) + k, values[:, k]) for k in range(per_model)]
        streams = model.streams(per_model)
        steps = [model.step(streams, np.stack([case.values[tick] for case in here])) for tick in range(options.ticks)]
        for k, case in enumerate(here):
            case.expected = np.stack([step.flat()[k] for step in steps])
            case.imputed = [bool(step.imputed[k]) for step in steps]
            case.warming = [bool(step.warming[k]) for step in steps]
        result += here
    return result


ALIASES = (("stream", "id", "s"), ("values", "value", "v", "data"), ("seq", "n"), ("time", "ts", "t", "timestamp"))


def map_tick(case, way, tick, **more):
    stream, values, seq, at = (names[(case.number + tick) % len(names)] for names in ALIASES)
    message = {"unheard-of": {"a": [1, None, {"b": b"\x00"}]}} if tick % 7 == 0 else {}
    message[values] = case.encoded(tick)
    message[stream] = case.name(way)
    for key, value in ((seq, case.seq(tick)), (at, case.time(tick)[0]), ("trace", case.trace(tick))):
        if value is not None:
            message[key] = value
    return {**message, **more}


def array_tick(case, way, tick, *more):
    return [1, case.name(way), case.seq(tick), case.time(tick)[0], case.encoded(tick), *more]


class Run:
    """One way through all cases: sends everything, collects every prediction."""

    def __init__(self, options, all_cases, way, subscriber):
        self.cases, self.way, self.subscriber = all_cases, way, subscriber
        self.requests = way[1] == "requests"
        self.socket = (Requests if self.requests else Publisher)(getattr(options, way[1]))
        rng = np.random.default_rng(options.seed + 2 + WAYS.index(way))
        self.order = rng.permutation(np.repeat(np.arange(len(all_cases)), options.ticks))
        self.batches = rng.integers(1, 150, len(self.order))
        self.replied = {case.name(way): [] for case in all_cases}
        self.waiting = []  # what each reply to come answers: [(case, tick)], rid

    def messages(self):
        """(payload, topic, [(case, tick), …], rid) in order of sending."""
        form, next_tick, at = self.way[0], [0] * len(self.cases), 0
        while at < len(self.order):
            size = int(self.batches[at]) if form == "batch" else 1
            ticks = []
            for which in self.order[at : at + size]:
                ticks.append((self.cases[which], next_tick[which]))
                next_tick[which] += 1
            at += size
            yield self.message(form, ticks, at)

    def message(self, form, ticks, number):
        if form == "batch":
            inner = [self.inner(case, tick) for case, tick in ticks]
            return pack([2, inner, True] if self.requests else [2, inner]), None, ticks, None
        ((case, tick),) = ticks
        if form == "array" and case.trace(tick) is None:
            message = array_tick(case, self.way, tick, True) if self.requests else array_tick(case, self.way, tick)
            topic = case.name(self.way).encode() if tick % 4 == 1 else None
            if topic is not None:
                message[1] = None
            return pack(message), topic, ticks, None
        more = {"reply": True, "rid": [number, "r"]} if self.requests else {}
        message = map_tick(case, self.way, tick, **more)
        topic = None
        if tick % 6 == 2:
            topic = case.name(self.way).encode()
            for alias in ALIASES[0]:
                message.pop(alias, None)
        return pack(message), topic, ticks, more.get("rid")

    def inner(self, case, tick):
        """A tick of a batch: a map where it has what the array form cannot say, else one or the other."""
        as_map = case.trace(tick) is not None or (case.number + tick) % 3 == 0
        return (map_tick if as_map else array_tick)(case, self.way, tick)

    def go(self):
        in_flight, expected, got = 0, len(self.order), self._published
        start = time.monotonic()
        already = got()
        for payload, topic, ticks, rid in self.messages():
            while in_flight >= WINDOW:
                in_flight -= self._advance(got)
            self.socket.send_raw(payload, topic)
            in_flight += len(ticks)
            if self.requests:
                self.waiting.append((ticks, rid))
        while in_flight > 0:
            in_flight -= self._advance(got)
        expect(got() - already, expected, f"predictions published, {'-'.join(self.way)}")
        return time.monotonic() - start

    def _published(self):
        return self.subscriber.count

    def _advance(self, got):
        """Waits for something to come back; returns how many ticks are answered."""
        before = got()
        poller = zmq.Poller()
        poller.register(self.subscriber.socket, zmq.POLLIN)
        if self.requests:
            poller.register(self.socket.socket, zmq.POLLIN)
        if not poller.poll(20_000):
            fail(
                f"{'-'.join(self.way)}: nothing came back for 20 s; {before} predictions so far, "
                f"{len(self.waiting)} replies outstanding"
            )
        while self.requests and self.waiting and self.socket.socket.poll(0):
            self._reply(self.socket.receive())
        self.subscriber.pump()
        return got() - before

    def _reply(self, reply):
        ticks, rid = self.waiting.pop(0)
        what = f"reply to {[(case.name(self.way), tick) for case, tick in ticks[:3]]}"
        ack = ack_of(reply, what)
        expect((ack["accepted"], reply.get("errors", [])), (len(ticks), []), what)
        expect(reply.get("rid"), rid, f"rid, {what}")
        expect(len(reply["predictions"]), len(ticks), f"number of predictions, {what}")
        for (case, _), prediction in zip(ticks, reply["predictions"]):
            self.replied[case.name(self.way)].append(prediction)

    def check(self):
        if self.requests:
            deadline = time.monotonic() + 10
            while self.waiting and time.monotonic() < deadline:
                self._reply(self.socket.receive())
        for case in self.cases:
            name = case.name(self.way)
            published = self.subscriber.predictions[name]
            check_case(case, name, published)
            if self.requests and self.replied[name] != published:
                tick = next(k for k, (a, b) in enumerate(zip(self.replied[name], published)) if a != b)
                fail(
                    f"stream {name} tick {tick}: the reply has {self.replied[name][tick]!r}, "
                    f"published was {published[tick]!r}"
                )


class CountingSubscriber(Subscriber):
    def __init__(self, *arguments):
        self.count = 0
        super().__init__(*arguments)

    def take(self, topic, payload):
        self.count += topic.startswith(b"p/")
        super().take(topic, payload)


def check_case(case, name, predictions):
    ticks = len(case.values)
    expect(len(predictions), ticks, f"predictions of stream {name}")
    first = predictions[0]["seq"]
    if case.with_seq:
        expect(first, case.first, f"seq of the first tick of {name}")
    for tick, prediction in enumerate(predictions):
        check_fields(case, f"stream {name} tick {tick}", tick, prediction, first)
    found = np.array([rm.flatten_wire(prediction) for prediction in predictions], dtype=np.float64)
    expect(found.shape, case.expected.shape, f"numbers in the predictions of {name}")
    wrong = own_models.differs(found, case.expected)
    if wrong.any():
        tick = int(np.argwhere(wrong)[0][0])
        fail(
            f"stream {name} tick {tick}: expected {case.expected[tick].tolist()}, found {found[tick].tolist()}; "
            f"{int(wrong.any(axis=1).sum())} of {ticks} ticks differ"
        )


def check_fields(case, what, tick, prediction, first):
    sent, at = case.time(tick)
    expect(prediction["seq"], first + tick, f"{what}: seq")
    expect(prediction["model"], case.model.name, f"{what}: model")
    expect(prediction.get("trace"), case.trace(tick), f"{what}: trace")
    expect(prediction["values"], case.echo(tick), f"{what}: values")
    expect(type(prediction["time"]), int, f"{what}: type of time")
    if sent is None:
        expect_true(
            abs(prediction["time"] / 1e9 - time.time()) < 600,
            f"{what}: time of arrival {prediction['time']} is not now",
        )
    else:
        slack = 500 if case.timing == "float" else 0  # ns that a double of seconds since 1970 cannot tell apart
        expect_true(abs(prediction["time"] - at) <= slack, f"{what}: time {prediction['time']}, sent as {sent!r}")
    flags = {"imputed"} if case.imputed[tick] else set()
    if case.warming[tick]:
        flags.add("warming")
    expect(set(prediction.get("flags", [])), flags, f"{what}: flags")
    if case.model.classes is None:
        expect(prediction["horizons"], case.model.forecast["horizons"], f"{what}: horizons")
        expect(
            sorted(prediction.get("quantiles", {}), key=float),
            [repr(q) for q in case.model.forecast["quantiles"]],
            f"{what}: quantiles",
        )
    else:
        expect(list(prediction["classes"]), case.model.classes, f"{what}: classes")
    if "score" in prediction:
        expect_true(0.0 <= prediction["score"] <= 1.0, f"{what}: score {prediction['score']!r}")


def check_same_bits(all_cases, subscriber):
    for case in all_cases:
        first, *others = [[rm.flatten_wire(p) for p in subscriber.predictions[case.name(way)]] for way in WAYS]
        for way, other in zip(WAYS[1:], others):
            if other != first:
                tick = next(k for k, (a, b) in enumerate(zip(other, first)) if a != b)
                fail(
                    f"stream {case.name(way)} tick {tick}: bits differ from {case.name(WAYS[0])}: "
                    f"{other[tick]!r} against {first[tick]!r}"
                )


def check_bursts(options, subscriber, counters):
    """More at once than a frame holds: a peer that reads all the time loses neither predictions nor replies."""
    requests, count, stream = Requests(options.requests), 20_000, "rnn-tanh/burst"
    before = subscriber.count
    requests.send([2, [[1, f"{stream}/{k % 50}", None, None, 0.5] for k in range(count)]])
    while subscriber.count - before < count and subscriber.pump(5.0):
        pass
    expect(subscriber.count - before, count, "predictions of a large batch")
    expect(ack_of(requests.receive())["accepted"], count, "a large batch")
    pipelined = 5000
    for k in range(pipelined):
        requests.send({"stream": f"{stream}/one", "seq": k + 1, "values": 0.5, "rid": k, "reply": True})
    for k in range(pipelined):
        expect(requests.receive()["rid"], k, "rid of the replies to many requests at once")
    counters.expect("bursts", stepped=count + pipelined)
    passed("bursts")


def main():
    options = arguments(folder="", streams_per_model=2, ticks=500)
    if options.prepare:
        return prepare(options)
    listed = [
        rm.Model.load(os.path.join(options.folder, f"{m['name']}.safetensors"))
        for m, _ in rm.every_kind(np.random.default_rng(options.seed))
    ]
    all_cases = cases(options, listed)
    subscriber, counters = CountingSubscriber(options.predictions), Counters(options.http)
    total = len(all_cases) * options.ticks
    for way in WAYS:
        run = Run(options, all_cases, way, subscriber)
        seconds = run.go()
        run.check()
        counters.expect("-".join(way), stepped=total)
        passed(f"{'-'.join(way)}: {total} predictions of {len(all_cases)} streams, {total / seconds:.0f}/s")
    check_same_bits(all_cases, subscriber)
    check_bursts(options, subscriber, counters)
    expect(
        {s: e for s, e in subscriber.events.items() if any(x["event"] not in ("warmed",) for x in e)}, {}, "events"
    )


if __name__ == "__main__":
    run_peer(main)
