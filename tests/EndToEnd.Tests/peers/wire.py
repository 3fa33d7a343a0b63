"""What the peers share: sockets to a running daemon, its counters, and loud failures."""
import argparse
import collections
import json
import sys
import time
import urllib.request

import msgpack
import zmq

PATIENCE = 20.0  # seconds until an expected message counts as missing


class Missing(Exception):
    """Something that should have arrived did not."""


def fail(text):
    print(f"FAILED: {text}", flush=True)
    sys.exit(1)


def expect(found, wanted, what):
    if found != wanted:
        fail(f"{what}: expected {wanted!r}, found {found!r}")


def expect_true(condition, what):
    if not condition:
        fail(what)


def pack(message):
    return msgpack.packb(message)


def unpack(payload):
    return msgpack.unpackb(payload, raw=False, strict_map_key=False)


def arguments(**more):
    """The arguments every peer takes; more: name=default of a peer's own."""
    parser = argparse.ArgumentParser()
    for name in ("ingest", "requests", "predictions", "http", "scenario", "prepare"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--seed", type=int, default=1)
    for name, default in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    return options


def ack_of(reply, what="reply"):
    """The ack of a reply, after checking that its parts add up."""
    if "ack" not in reply:
        fail(f"{what}: expected an ack, found {reply!r}")
    ack = reply["ack"]
    parts = ack["accepted"] + ack["duplicate"] + ack["rejected"] + ack["refused"]
    expect(ack["received"], parts, f"{what}: received against the sum of the other four in {ack!r}")
    return ack


def codes(reply):
    """Every error code in a reply, in order."""
    if "error" in reply:
        return [reply["error"]["code"]]
    return [error["code"] for error in reply.get("errors", [])]


class Keys:
    """A client's pair of keys and the daemon's public one."""

    def __init__(self, public, secret, server):
        self.public, self.secret, self.server = public, secret, server

    def use(self, socket):
        socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self.public, self.secret, self.server


def open_socket(kind, keys):
    socket = zmq.Context.instance().socket(kind)
    if keys:
        keys.use(socket)
    return socket


class Publisher:
    """PUSH to ingest."""

    def __init__(self, endpoint, keys=None):
        self.socket = open_socket(zmq.PUSH, keys)
        self.socket.setsockopt(zmq.LINGER, 5000)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.connect(endpoint)

    def send(self, message, topic=None):
        self.send_raw(pack(message), topic)

    def send_raw(self, payload, topic=None):
        self.socket.send_multipart([payload] if topic is None else [topic, payload])


class Requests:
    """DEALER to requests, pipelined; replies come in order."""

    def __init__(self, endpoint, keys=None):
        self.socket = open_socket(zmq.DEALER, keys)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.connect(endpoint)

    def send(self, message, topic=None):
        self.send_raw(pack(message), topic)

    def send_raw(self, payload, topic=None):
        self.socket.send_multipart([payload] if topic is None else [topic, payload])

    def receive_raw(self, patience=PATIENCE):
        if not self.socket.poll(int(patience * 1000)):
            raise Missing(f"no reply within {patience} s")
        return self.socket.recv_multipart()

    def receive(self, patience=PATIENCE):
        return unpack(self.receive_raw(patience)[-1])

    def ask(self, message, topic=None):
        self.send(message, topic)
        return self.receive()

    def ask_raw(self, payload, topic=None):
        self.send_raw(payload, topic)
        return self.receive()

    def tick(self, stream, values, **more):
        """One acknowledged tick with its prediction; returns the reply."""
        reply = self.ask({"stream": stream, "values": values, "reply": True, **more})
        ack_of(reply, f"tick of {stream!r}")
        return reply

    def state_bytes(self, stream):
        """The reply to state.get, byte for byte."""
        self.send({"op": "state.get", "stream": stream})
        reply = self.receive_raw()[-1]
        if "state" not in unpack(reply):
            fail(f"state.get of {stream!r}: {unpack(reply)!r}")
        return reply


class Subscriber:
    """SUB to predictions: sorts what arrives by topic."""

    def __init__(self, endpoint, *topics, keys=None):
        self.socket = open_socket(zmq.SUB, keys)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.connect(endpoint)
        for topic in topics or ("p/", "e/", "a/"):
            self.socket.subscribe(topic)
        self.predictions = collections.defaultdict(list)  # stream (as in the topic) -> predictions, in order
        self.events = collections.defaultdict(list)  # stream -> events, in order
        self.heartbeats = []  # (time of arrival, payload)
        self._wait_until_subscribed()

    def _wait_until_subscribed(self):
        """Subscriptions are handled in order: a heartbeat, subscribed to last, says that all before it count."""
        self.socket.subscribe("h")
        deadline = time.monotonic() + PATIENCE
        while not self.heartbeats:
            self.pump(0.1)
            expect_true(time.monotonic() < deadline, f"no heartbeat within {PATIENCE} s")

    def pump(self, patience=0.0):
        """Takes everything that is there, waiting at most patience seconds for the first; returns how many."""
        taken = 0
        wait = int(patience * 1000)
        while self.socket.poll(wait):
            self.take(*self.socket.recv_multipart())
            taken, wait = taken + 1, 0
        return taken

    def take(self, topic, payload):
        message = unpack(payload)
        if topic == b"h":
            self.heartbeats.append((time.monotonic(), message))
            return
        kind, stream = topic[:2], topic[2:].decode()
        expect(str(message["stream"]), stream, f"stream of a message with topic {topic!r}")
        if kind == b"p/":
            self.predictions[stream].append(message)
        else:
            self.events[stream].append(message)

    def event(self, stream, name, patience=5.0):
        """Waits for the next event of this name on a stream and takes it."""
        deadline = time.monotonic() + patience
        while True:
            for event in self.events[stream]:
                if event["event"] == name:
                    self.events[stream].remove(event)
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                fail(f"no event {name!r} of {stream!r} within {patience} s; found {self.events[stream]!r}")
            self.pump(min(left, 0.2))

    def no_event(self, stream, name, within=0.3):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self.pump(0.05)
        for event in self.events[stream]:
            expect_true(event["event"] != name, f"an event that should not be: {event!r}")


def stats(http):
    with urllib.request.urlopen(f"{http}/api/stats", timeout=PATIENCE) as reply:
        return json.loads(reply.read())


OUTCOMES = ("stepped", "duplicate", "rejected", "refused")


class Counters:
    """Changes of the daemon's counters since the last look."""

    def __init__(self, http):
        self.http = http
        self.before = stats(http)

    def changes(self):
        now = stats(self.http)
        found = {name: now[name] - self.before[name] for name in ("received",) + OUTCOMES}
        return found

    def expect(self, what, patience=PATIENCE, **wanted):
        """Waits until received has grown as far as wanted, then compares every counter; unnamed outcomes are 0."""
        wanted = {name: wanted.get(name, 0) for name in OUTCOMES}
        received = sum(wanted.values())
        deadline = time.monotonic() + patience
        while (found := self.changes())["received"] < received and time.monotonic() < deadline:
            time.sleep(0.02)
        expect(found, {"received": received, **wanted}, f"counters after {what}")
        self.before = stats(self.http)


def expect_accounts(found, what):
    """Every tick received has one outcome."""
    expect(found["received"], sum(found[name] for name in OUTCOMES), f"received against the sum of outcomes, {what}")


def memory(pid):
    """A process's resident memory and its peak, in bytes."""
    with open(f"/proc/{pid}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return [int(lines[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM")]


def passed(text):
    print(f"ok: {text}", flush=True)


def run_peer(main):
    """A peer's main; something that does not arrive is a failure like any other."""
    try:
        main()
    except Missing as missing:
        fail(str(missing))
