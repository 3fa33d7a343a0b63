"""The real daemon under load for as long as asked: publishers and streams that come and go, publishers that vanish in the
middle, subscribers that come and go and one that never reads. Every ten seconds a line, and at the end a verdict; exit
code 1 where memory grew, a tick is not accounted for, or the rate was not reached."""
import argparse
import json
import math
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import msgpack
import zmq

INTERVAL = 10
BATCH = 100
STREAMS = 50
PUBLISHERS = 16
WINDOW = 64
# What memory may grow by behind the warm-up, between the medians of the first and the last third.
GROWTH_SHARE, GROWTH_BYTES = 0.05, 8 << 20


class Publisher:
    """A client with streams of its own; each batch is acknowledged, or its ticks are abandoned with it."""

    number = 0

    def __init__(self, context, endpoint, now, rng):
        Publisher.number += 1
        self.prefix = f"soak/{Publisher.number}/"
        self.names = [f"{self.prefix}{i}" for i in range(STREAMS)]
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(endpoint)
        self.end = now + rng.uniform(5, 30)
        self.vanishes = rng.random() < 0.4
        self.forgets = rng.random() < 0.5
        self.open = []
        self.seq = self.at = 0

    def send(self):
        ticks = []
        for _ in range(BATCH):
            if self.at == 0:
                self.seq += 1
            ticks.append([1, self.names[self.at], self.seq, None, math.sin(0.05 * self.seq + self.at)])
            self.at = (self.at + 1) % STREAMS
        self.socket.send(msgpack.packb([2, ticks]))
        self.open.append(len(ticks))

    def receive(self, accounts):
        while self.open:
            try:
                reply = msgpack.unpackb(self.socket.recv(zmq.NOBLOCK))
            except zmq.Again:
                return
            ack = reply["ack"]
            if ack["received"] != self.open.pop(0) or ack["accepted"] != ack["received"]:
                raise SystemExit(f"FAILED: {self.prefix}: an unexpected reply {reply}")
            accounts["acknowledged"] += ack["received"]

    def ask(self, request):
        self.socket.send(msgpack.packb(request))
        if not self.socket.poll(10_000):
            raise SystemExit(f"FAILED: no reply to {request}")
        return msgpack.unpackb(self.socket.recv())


class Soak:
    def __init__(self, arguments):
        self.rate, self.seconds = arguments.rate, arguments.minutes * 60
        self.rng = random.Random(arguments.seed)
        self.context = zmq.Context()
        self.accounts = {"sent": 0, "acknowledged": 0, "pushed": 0, "abandoned": 0}
        self.folder = tempfile.TemporaryDirectory(prefix="realtimed-soak-")
        self.endpoints = {name: f"ipc://{self.folder.name}/{name}" for name in ("ingest", "requests", "predictions")}
        configuration = {
            "endpoints": self.endpoints, "http": {"endpoint": None}, "streams": {"idleAfter": "00:00:15"},
            "state": {"directory": "state", "snapshotEvery": "00:00:10", "keep": "00:00:00"},
        }
        file = pathlib.Path(self.folder.name, "realtimed.json")
        file.write_text(json.dumps(configuration))
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+")
        self.daemon = subprocess.Popen([arguments.program, "run", "--config", str(file)], stderr=self.log)
        self.control = self.connect(zmq.DEALER, "requests")
        self.push = self.connect(zmq.PUSH, "ingest")
        self.subscribers = [(self.subscribe("p/"), False, 0), (self.subscribe("p/soak/1/"), True, 0)]
        self.publishers = []
        self.served = 0
        self.pushed_seq = 0
        self.samples = []

    def connect(self, kind, name):
        socket = self.context.socket(kind)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(self.endpoints[name])
        return socket

    def subscribe(self, prefix):
        socket = self.connect(zmq.SUB, "predictions")
        socket.subscribe(prefix)
        return socket

    def ask(self, op, **arguments):
        self.control.send(msgpack.packb({"op": op, **arguments}))
        if not self.control.poll(30_000):
            self.fail(f"no reply to {op} within 30 s")
        return msgpack.unpackb(self.control.recv())

    def fail(self, reason):
        self.daemon.poll()
        self.log.seek(0)
        print("".join(self.log.readlines()[-20:]), file=sys.stderr)
        raise SystemExit(f"FAILED: {reason}")

    def resident(self):
        for line in open(f"/proc/{self.daemon.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        self.fail("the daemon is gone")

    def close(self, publisher):
        self.accounts["abandoned"] += sum(publisher.open)
        if not publisher.open and publisher.forgets:
            publisher.ask({"op": "forget", "prefix": publisher.prefix})
        publisher.socket.close()
        self.publishers.remove(publisher)

    def churn(self, now):
        for publisher in self.publishers[:]:
            publisher.receive(self.accounts)
            if now >= publisher.end and (publisher.vanishes or not publisher.open):
                self.close(publisher)
        while len(self.publishers) < PUBLISHERS:
            self.publishers.append(Publisher(self.context, self.endpoints["requests"], now, self.rng))
        for i, (socket, reads, end) in enumerate(self.subscribers):
            if now >= end:
                socket.close()
                prefix = self.rng.choice(self.publishers).prefix if reads else ""
                self.subscribers[i] = (self.subscribe("p/" + prefix), reads, now + (3 if reads else 20))
                continue
            try:
                while reads:
                    socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                pass

    def publish(self, due):
        """Sends what is due, in turns; a publisher whose window is full is passed over."""
        passed = 0
        while self.accounts["sent"] < due and passed < PUBLISHERS:
            self.served += 1
            publisher = self.publishers[self.served % len(self.publishers)]
            if len(publisher.open) >= WINDOW or time.monotonic() >= publisher.end:
                passed += 1
                continue
            publisher.send()
            self.accounts["sent"] += BATCH
            passed = 0
            if self.served % 10 == 0:
                self.pushed_seq += 1
                self.push.send(msgpack.packb([1, "soak/pushed", self.pushed_seq, None, 1.0]))
                self.accounts["pushed"] += 1
                self.accounts["sent"] += 1

    def check(self, at, rate):
        stats = self.ask("stats")
        outcomes = sum(stats[name] for name in ("stepped", "duplicate", "rejected", "refused"))
        if stats["received"] != outcomes:
            self.fail(f"received {stats['received']} is not the sum of the outcomes {outcomes}: {stats}")
        if stats["rejected"] or stats["refused"] or stats["duplicate"]:
            self.fail(f"ticks were not stepped: {stats['reasons']}, {stats['duplicate']} duplicates")
        if stats["stepped"] < self.accounts["acknowledged"]:
            self.fail(f"{self.accounts['acknowledged']} acknowledged, {stats['stepped']} stepped")
        resident = self.resident()
        self.samples.append((at, resident, rate))
        print(f"{at:7.0f} s {rate:8.0f} ticks/s {stats['streams']:6d} streams {Publisher.number:5d} clients"
              f" {stats['received']:11d} received {self.accounts['acknowledged']:11d} acknowledged"
              f" {stats['evicted']:6d} evicted {resident / 2**20:7.1f} MiB", flush=True)
        return stats

    def run(self):
        if "epoch" not in self.ask("hello"):
            self.fail("the daemon does not serve")
        begun = told = time.monotonic()
        counted = 0
        while (now := time.monotonic()) - begun < self.seconds:
            self.churn(now)
            self.publish(self.rate * (now - begun))
            if now - told >= INTERVAL:
                self.check(now - begun, (self.accounts["sent"] - counted) / (now - told))
                told, counted = now, self.accounts["sent"]
            time.sleep(0.002)
        return time.monotonic() - begun

    def end(self, seconds):
        deadline = time.monotonic() + 30
        while any(publisher.open for publisher in self.publishers) and time.monotonic() < deadline:
            for publisher in self.publishers:
                publisher.receive(self.accounts)
            time.sleep(0.01)
        if any(publisher.open for publisher in self.publishers):
            self.fail("ticks were not acknowledged within 30 s")
        # What was pushed may be under way still.
        least = self.accounts["acknowledged"] + self.accounts["pushed"]
        while (received := self.ask("stats")["received"]) < least and time.monotonic() < deadline:
            time.sleep(0.1)
        most = least + self.accounts["abandoned"]
        if not least <= received <= most:
            self.fail(f"{received} received, expected {least} acknowledged and pushed, and at most"
                      f" {self.accounts['abandoned']} of clients that vanished")
        rate = self.accounts["sent"] / seconds
        if rate < 0.95 * self.rate:
            self.fail(f"{rate:.0f} ticks/s were sent, expected {self.rate}: the machine or the daemon did not keep up")
        verdict = self.judge_memory()
        self.daemon.send_signal(signal.SIGTERM)
        if self.daemon.wait(30) != 0:
            self.fail(f"the daemon ended with {self.daemon.returncode}")
        print(f"PASSED: {self.accounts['sent']} ticks at {rate:.0f}/s, each accounted for;"
              f" {Publisher.number} clients; {verdict}")

    def judge_memory(self):
        warm = min(60, self.samples[-1][0] / 3) if self.samples else 0
        after = [resident for at, resident, _ in self.samples if at >= warm]
        if len(after) < 3:
            return "too short to judge memory"
        third = max(1, len(after) // 3)
        first, last = statistics.median(after[:third]), statistics.median(after[-third:])
        bound = max(GROWTH_SHARE * first, GROWTH_BYTES)
        text = (f"memory {first / 2**20:.1f} MiB after {warm:.0f} s, {last / 2**20:.1f} MiB at the end"
                f" (may grow by {bound / 2**20:.1f})")
        if last - first > bound:
            self.fail(text)
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"{arguments.rate} ticks/s for {arguments.minutes:g} minutes, seed {arguments.seed}", flush=True)
    soak = Soak(arguments)
    try:
        soak.end(soak.run())
    finally:
        if soak.daemon.poll() is None:
            soak.daemon.kill()
            soak.daemon.wait()
        soak.context.destroy(linger=0)
        soak.log.close()
        soak.folder.cleanup()


main()
