"""Who has no key gets nothing in and nothing out; who has one gets what it allows, and hurts nobody.

Scenarios (one daemon each): keys, flood, crowd (with keys), idle (without). Needs tcp endpoints and --pid.
"""
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

import zmq

from wire import (
    Keys,
    Missing,
    Publisher,
    Requests,
    Subscriber,
    ack_of,
    arguments,
    codes,
    expect,
    expect_accounts,
    expect_true,
    fail,
    memory,
    open_socket,
    pack,
    passed,
    run_peer,
    stats,
)

SILENCE = 1.3  # seconds in which a heartbeat would have come, and any answer
CLIENTS = ("plant", "ops", "limited", "leaver", "rotated", "hostile")


# Keys lie in files as ZeroMQ's own tools write them.
def write_key(folder, name, mode=0o600):
    public, secret = zmq.curve_keypair()
    both = {"public-key": public, "secret-key": secret}
    for file, keys in ((f"{name}.key", both), (f"{name}.pub", {"public-key": public})):
        text = "curve\n" + "".join(f'    {key} = "{value.decode()}"\n' for key, value in keys.items())
        path = os.path.join(folder, file)
        with open(path, "w", opener=lambda p, flags: os.open(p, flags, mode)) as out:
            out.write(text)


def read_key(folder, name):
    with open(os.path.join(folder, f"{name}.key")) as file:
        return re.findall(r'-key = "(.*)"', file.read())


def keys_of(folder, name):
    public, secret = read_key(folder, name)
    return Keys(public.encode(), secret.encode(), read_key(folder, "curve")[0].encode())


def strangers(folder):
    server = read_key(folder, "curve")[0].encode()
    public, secret = zmq.curve_keypair()
    plant = read_key(folder, "plant")
    # An imposter has a known public key, and not the secret one.
    return {
        "no key": None,
        "an unknown key": Keys(public, secret, server),
        "another server's key": Keys(plant[0].encode(), plant[1].encode(), public),
        "a known public key with another secret": Keys(plant[0].encode(), secret, server),
    }


class Daemon:
    def __init__(self, options):
        self.ingest, self.requests, self.predictions = options.ingest, options.requests, options.predictions
        self.http, self.folder, self.pid = options.http, options.folder, options.pid
        self.file = os.path.join(self.folder, "realtimed.json")

    def keys(self, name):
        return keys_of(self.folder, name)

    def client(self, name):
        return Requests(self.requests, self.keys(name))

    def stats(self):
        return stats(self.http)

    def await_stats(self, what, holds, patience=15):
        deadline = time.monotonic() + patience
        while not holds(found := self.stats()):
            expect_true(time.monotonic() < deadline, f"{what}: not so within {patience} s: {found!r}")
            time.sleep(0.05)
        return found

    def reload(self, change):
        """Changes the clients of the configuration and has it read again; the answer comes later."""
        with open(self.file) as file:
            configuration = json.load(file)
        change(configuration["security"]["curve"]["clients"])
        with open(self.file, "w") as file:
            json.dump(configuration, file)
        os.kill(self.pid, signal.SIGHUP)

    def memory(self):
        return memory(self.pid)[0]


def is_silent(requests, seconds=SILENCE):
    try:
        requests.receive_raw(seconds)
        return False
    except Missing:
        return True


class Stranger:
    """Tries all three sockets."""

    def __init__(self, daemon, keys):
        self.requests, self.publisher = Requests(daemon.requests, keys), Publisher(daemon.ingest, keys)
        self.publisher.socket.setsockopt(zmq.LINGER, 0)
        self.subscriber = open_socket(zmq.SUB, keys)
        self.subscriber.setsockopt(zmq.LINGER, 0)
        self.subscriber.connect(daemon.predictions)
        self.subscriber.subscribe("")
        for _ in range(10):
            self.publisher.send([1, "stranger", None, None, 1.0])
            self.requests.send([1, "stranger", None, None, 1.0])
        self.requests.send({"op": "stats"})

    def close(self):
        for one in (self.requests.socket, self.publisher.socket, self.subscriber):
            one.close()


def nothing_in_or_out(daemon, keys):
    """keys: by whose they are."""
    before = daemon.stats()
    tried = {who: Stranger(daemon, one) for who, one in keys.items()}
    time.sleep(SILENCE)
    after = daemon.stats()
    for name in ("received", "stepped", "rejected", "refused", "streams"):
        expect(after[name], before[name], f"with {', '.join(keys)}: {name}")
    for who, stranger in tried.items():
        expect_true(is_silent(stranger.requests, 0), f"{who}: an answer came")
        expect(stranger.subscriber.poll(0), 0, f"{who}: messages heard")
        stranger.close()


def check_keys(daemon):
    plant = daemon.client("plant")
    ears = Subscriber(daemon.predictions, keys=daemon.keys("plant"))
    plant.tick("pump/1", 1.0)
    nothing_in_or_out(daemon, strangers(daemon.folder))
    expect_true(daemon.stats()["limits"]["strangers"] > 0, "strangers are counted")
    passed("who has no key gets nothing in and nothing out")
    check_rights(daemon, plant)
    check_hearing(daemon, plant)
    check_garbage(daemon, plant)
    check_revocation(daemon, plant, ears)


def check_rights(daemon, plant):
    ops, limited = daemon.client("ops"), daemon.client("limited")
    for op in ({"op": "reset", "stream": "pump/1"}, {"op": "forget", "prefix": ""}, {"op": "reload"},
               {"op": "snapshot"}):
        expect(codes(plant.ask(op)), [8], f"{op} without mayControl")
    expect(ops.ask({"op": "reset", "stream": "pump/1"}), {"count": 1}, "reset with mayControl")
    state = plant.ask({"op": "state.get", "stream": "pump/1"})["state"]
    expect(codes(plant.ask({"op": "state.put", "state": state})), [8], "state.put without mayControl")
    plant.tick("fan/1", 2.0)
    expect(codes(limited.ask({"stream": "fan/1", "value": 1.0})), [8], "a tick of another's stream")
    reply = limited.ask([2, [[1, "fan/1", None, None, 1.0], [1, "pump/2", None, None, 1.0]]])
    expect([(e["index"], e["code"]) for e in reply["errors"]], [(0, 8)], "a batch with another's stream")
    expect(reply["ack"]["accepted"], 1, "the rest of that batch")
    for op in ({"op": "state.get", "stream": "fan/1"}, {"op": "last", "streams": ["pump/2", "fan/1"]},
               {"op": "hello", "streams": ["fan/1"]}):
        expect(codes(limited.ask(op)), [8], f"{op} about another's stream")
    names = [one["stream"] for one in limited.ask({"op": "streams"})["streams"]]
    expect(names, ["pump/1", "pump/2"], "the streams that it sees")
    expect(list(limited.ask({"op": "stats"})["clients"]), ["limited"], "the clients that it sees")
    check_rate(limited, daemon)
    passed("a key allows what it says, and no more")


def check_rate(limited, daemon):
    """20 ticks a second, and 20 at once: the rest is refused, and nothing gets ahead of it."""
    time.sleep(1.1)
    for seq in range(1, 51):
        limited.send({"stream": "pump/3", "value": 1.0, "seq": seq})
    replies = [limited.receive() for _ in range(50)]
    taken = [codes(reply) == [] for reply in replies].index(False)
    expect_true(20 <= taken <= 40, f"ticks taken at once: expected 20 and few more, found {taken}")
    expect(codes(replies[taken]), [5], "the first tick over the rate")
    expect_true("20 ticks per second" in replies[taken]["errors"][0]["detail"], f"{replies[taken]!r} tells the rate")
    expect({code for reply in replies[taken + 1 :] for code in codes(reply)}, {10}, "what follows it")
    time.sleep(0.3)
    expect(codes(limited.ask({"stream": "pump/3", "value": 1.0, "seq": taken + 2})), [10], "a tick that gets ahead")
    reply = limited.ask({"stream": "pump/3", "value": 1.0, "seq": taken + 1})
    expect(codes(reply), [], "the tick that was refused, sent again")
    expect(codes(limited.ask({"stream": "pump/3", "value": 1.0, "seq": taken + 2})), [], "the one behind it")
    found = daemon.stats()
    expect_true(found["limits"]["rate"] >= 1, f"the rate's limit is counted: {found['limits']!r}")
    expect_true(found["clients"]["limited"]["refusedForRate"] >= 1, f"and for its client: {found['clients']!r}")


def topics_heard(subscriber, seconds):
    subscriber.pump(seconds)
    return {stream for heard in (subscriber.predictions, subscriber.events) for stream in heard}


def check_hearing(daemon, plant):
    narrow = [Subscriber(daemon.predictions, *topics, keys=daemon.keys("limited"))
              for topics in (("",), ("p/",), ("p/pump/2",), ("p/fan/",))]
    everything = Subscriber(daemon.predictions, keys=daemon.keys("plant"))
    for stream in ("fan/1", "pump/1", "pump/2", "fan/2"):
        plant.tick(stream, 3.0)
    heard = [topics_heard(subscriber, 0.5) for subscriber in narrow]
    expect(heard, [{"pump/1", "pump/2"}, {"pump/1", "pump/2"}, {"pump/2"}, set()], "what a limited subscriber hears")
    expect(topics_heard(everything, 0.5), {"fan/1", "fan/2", "pump/1", "pump/2"}, "what another hears")
    # What is no subscription puts libzmq's queue of subscribers out of step: nobody may profit by it.
    hostile = open_socket(zmq.XSUB, daemon.keys("hostile"))
    hostile.setsockopt(zmq.LINGER, 0)
    hostile.connect(daemon.predictions)
    late = open_socket(zmq.SUB, daemon.keys("limited"))
    late.setsockopt(zmq.LINGER, 0)
    late.connect(daemon.predictions)
    time.sleep(0.3)
    for _ in range(50):
        hostile.send(b"\x07 no subscription")
        hostile.send(b"\x01p/")
    late.subscribe("p/fan/")
    time.sleep(0.5)
    hostile.close()
    deadline = time.monotonic() + 10
    while True:
        plant.tick("fan/1", 4.0)
        plant.tick("pump/1", 4.0)
        if "pump/1" in topics_heard(everything, 0.2) and narrow[1].predictions["pump/1"][-1:]:
            break
        expect_true(time.monotonic() < deadline, "subscribers hear again after somebody disturbed them")
    expect(late.poll(300), 0, "messages that a limited subscriber hears of others' streams")
    passed("a subscriber hears what its key allows")


def check_garbage(daemon, plant):
    before = daemon.stats()
    for payload in (b"", b"\xc1", b"\xdf\xff\xff\xff\xff", os.urandom(300), b"\x93" * 1000):
        plant.send_raw(payload)
        expect(codes(plant.receive())[:1], [1], f"garbage {payload[:8]!r}")
    expect(daemon.stats()["rejected"] - before["rejected"], 5, "garbage counted")
    # Half a handshake with garbage in place of its end.
    for _ in range(50):
        with open_tcp(daemon.requests) as raw:
            raw.sendall(greeting(b"CURVE") + b"\x04\xc8\x05HELLO" + os.urandom(194))
    plant.tick("pump/1", 1.0)
    passed("garbage behind a key is answered, and before one it is closed")


def check_revocation(daemon, plant, ears):
    leaver, rotated = daemon.client("leaver"), daemon.client("rotated")
    spy = Subscriber(daemon.predictions, keys=daemon.keys("leaver"))
    old, new = daemon.keys("rotated"), zmq.curve_keypair()
    for client in (leaver, rotated):
        client.tick("pump/1", 1.0)

    def change(clients):
        clients[:] = [one for one in clients if one["name"] != "leaver"]
        entry = next(one for one in clients if one["name"] == "rotated")
        del entry["keyFile"]
        entry["key"] = new[0].decode()
        clients.append({"name": "fresh", "keyFile": "fresh.pub"})

    write_key(daemon.folder, "fresh")
    daemon.reload(change)
    daemon.await_stats("the keys are read again", lambda now: "fresh" in now["clients"])
    fresh = daemon.client("fresh")
    fresh.tick("pump/1", 1.0)
    spy.pump(0.2)
    spy.predictions.clear(), spy.heartbeats.clear()
    taken = daemon.stats()["received"]
    for client in (leaver, rotated):
        client.send([1, "stranger", None, None, 1.0])
    for _ in range(5):
        fresh.tick("pump/1", 1.0)
    expect_true(is_silent(leaver) and is_silent(rotated, 0.1), "a key that was taken back gets an answer")
    spy.pump(SILENCE)
    expect((dict(spy.predictions), spy.heartbeats), ({}, []), "what a key that was taken back hears")
    expect(daemon.stats()["received"], taken + 5, "ticks received since")
    nothing_in_or_out(daemon, {"a key that was taken back": daemon.keys("leaver"), "the key before": old})
    Requests(daemon.requests, Keys(new[0], new[1], old.server)).tick("pump/1", 1.0)
    # Others connect again by themselves.
    before = len(ears.heartbeats)
    plant.tick("pump/1", 1.0)
    ears.pump(SILENCE)
    expect_true(len(ears.heartbeats) > before, "a subscriber whose key stayed hears on")
    # What is wrong changes nothing.
    os.chmod(os.path.join(daemon.folder, "curve.key"), 0o644)
    daemon.reload(lambda clients: clients.clear())
    daemon.await_stats("the wrong configuration is refused", lambda now: now["reloads"]["failed"] == 1)
    plant.tick("pump/1", 1.0)
    os.chmod(os.path.join(daemon.folder, "curve.key"), 0o600)
    passed("keys are added, changed and taken back while it runs")


# A paced client's 99th percentile, in milliseconds; every tick must be acknowledged.
def p99(client, stream, ticks=400, every=0.002):
    delays, start = [], time.perf_counter()
    for i in range(ticks):
        if (left := start + i * every - time.perf_counter()) > 0:
            time.sleep(left)
        sent = time.perf_counter()
        client.send({"stream": stream, "value": float(i)})
        expect(ack_of(client.receive())["accepted"], 1, f"tick {i} of {stream} accepted")
        delays.append(time.perf_counter() - sent)
    return 1000 * sorted(delays)[int(0.99 * len(delays))]


def flood(options):
    """Run as a process of its own: sends far over its rate, on both sockets, as fast as they take it."""
    keys = keys_of(options.folder, "limited")
    publisher, requests = Publisher(options.ingest, keys), Requests(options.requests, keys)
    for one in (publisher.socket, requests.socket):
        one.setsockopt(zmq.LINGER, 0)
        one.setsockopt(zmq.SNDHWM, 1000)
    tick = pack([1, "pump/flood", None, None, 1.0])
    batch = pack([2, [[1, "pump/flood", None, None, 1.0]] * 500])
    poller = zmq.Poller()
    poller.register(publisher.socket, zmq.POLLOUT)
    poller.register(requests.socket, zmq.POLLIN | zmq.POLLOUT)
    print("flooding", flush=True)
    while True:
        for one, events in poller.poll():
            while events & zmq.POLLIN and one.poll(0):
                one.recv()
            try:
                for payload in (tick, batch) if one is publisher.socket and events & zmq.POLLOUT else (tick,):
                    one.send(payload, zmq.DONTWAIT)
            except zmq.Again:
                pass


def check_flood(daemon, options):
    victim = daemon.client("plant")
    p99(victim, "warm")
    alone, beside = [], []
    for _ in range(5):
        alone.append(p99(victim, "victim"))
        command = [sys.executable, __file__, "--scenario", "flooding", "--ingest", daemon.ingest, "--requests",
                   daemon.requests, "--predictions", daemon.predictions, "--folder", daemon.folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as flooding:
            flooding.stdout.readline()
            time.sleep(0.2)
            beside.append(p99(victim, "victim"))
            flooding.kill()
    found = daemon.stats()
    refused = found["clients"]["limited"]["refusedForRate"]
    expect_true(refused > 10_000, f"ticks refused for the rate: expected a flood, found {refused}")
    ratio = sorted(b / a for a, b in zip(alone, beside))[2]
    print(f"p99 in ms: alone {alone}, beside {refused} refused ticks {beside}, median ratio {ratio:.2f}", flush=True)
    expect_true(ratio <= 5, f"p99 beside a flood: expected at most 5 times that alone, found {ratio:.2f}")
    passed(f"a client over its rate hurts no other: p99 {ratio:.2f} times that alone")


def open_tcp(endpoint):
    host, port = endpoint[len("tcp://") :].rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def greeting(mechanism):
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


def ready(kind):
    """A whole handshake without keys, as one end sends it."""
    body = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    body += b"\x08Identity" + struct.pack(">I", 0) if kind == b"DEALER" else b""
    return greeting(b"NULL") + b"\x04" + bytes([len(body)]) + body


def raise_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        fail(f"{count} file descriptors needed, the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count) if soft != resource.RLIM_INFINITY else soft, hard))


def connect_many(daemon, count, first_bytes):
    """Connections to all three sockets by turns, with what each says first."""
    ends = (daemon.requests, daemon.ingest, daemon.predictions)
    sockets = []
    for i in range(count):
        one = open_tcp(ends[i % 3])
        one.sendall(first_bytes(i))
        sockets.append(one)
    return sockets


def check_crowd(daemon):
    """With keys: 5,000 connections that say nothing, or half of a handshake."""
    raise_descriptors(8000)
    client, before = daemon.client("plant"), daemon.memory()
    client.tick("crowd", 1.0)
    says = [b"", greeting(b"CURVE")[:11], greeting(b"CURVE"), greeting(b"CURVE") + b"\x04\xc8\x05HELLO" + bytes(60)]
    crowd = connect_many(daemon, 5000, lambda i: says[i % 4])
    found = daemon.await_stats("a crowd is there", lambda now: now["connections"] > 4900)
    delay = p99(client, "crowd")
    again = daemon.client("ops")
    again.tick("crowd", 1.0)
    grown = daemon.memory() - before
    print(f"connections {found['connections']}, p99 {delay:.2f} ms, memory grown by {grown >> 20} MiB", flush=True)
    expect_true(grown < 400 << 20, f"memory with a crowd: expected at most 400 MiB more, found {grown >> 20}")
    # Who does not finish a handshake is closed after 10 seconds.
    daemon.await_stats("the crowd is gone", lambda now: now["connections"] < 100, patience=25)
    client.tick("crowd", 1.0)
    passed("5,000 half-open handshakes: it goes on answering, and they are closed")
    for one in crowd:
        one.close()


def check_idle(daemon):
    """Without keys: 5,000 idle connections; over limits.connections (5,050) the rest is closed."""
    raise_descriptors(8000)
    client = Requests(daemon.requests)
    client.tick("idle", 1.0)
    before = daemon.memory()
    says = [ready(kind) for kind in (b"DEALER", b"PUSH", b"SUB")]
    crowd = connect_many(daemon, 5000, lambda i: says[i % 3])
    daemon.await_stats("a crowd is there", lambda now: now["connections"] > 4990)
    delay = p99(client, "idle")
    grown = daemon.memory() - before
    print(f"p99 {delay:.2f} ms, memory grown by {grown >> 20} MiB", flush=True)
    expect_true(grown < 400 << 20, f"memory with a crowd: expected at most 400 MiB more, found {grown >> 20}")
    over = connect_many(daemon, 150, lambda i: b"")
    daemon.await_stats("connections over the limit are closed", lambda now: now["limits"]["connections"] >= 90)
    daemon.await_stats("no more than the limit are left", lambda now: now["connections"] <= 5050)
    closed = sum(is_closed(one) for one in over)
    expect_true(closed >= 90, f"connections closed: expected 90 of 150, found {closed}")
    for one in crowd + over:
        one.close()
    daemon.await_stats("the crowd is gone", lambda now: now["connections"] < 50)
    Requests(daemon.requests).tick("idle", 1.0)
    passed("5,000 idle connections: it goes on answering, and lets in no more than its limit")


def is_closed(one):
    one.settimeout(0.05)
    try:
        while data := one.recv(1000):
            pass
        return data == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def main():
    options = arguments(folder="", pid=0)
    if options.prepare:
        for name in ("curve",) + CLIENTS:
            write_key(options.prepare, name)
        print("null")
    elif options.scenario == "flooding":
        flood(options)
    else:
        daemon = Daemon(options)
        {
            "keys": lambda: check_keys(daemon),
            "flood": lambda: check_flood(daemon, options),
            "crowd": lambda: check_crowd(daemon),
            "idle": lambda: check_idle(daemon),
        }[options.scenario]()
        found = daemon.stats()
        expect_accounts(found, f"{found!r}")


if __name__ == "__main__":
    run_peer(main)
