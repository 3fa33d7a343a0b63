"""Publishes ticks so that each is stepped exactly once: through lost connections, and restarts of the daemon.

Reads lines "stream value" from standard input; a second argument makes a sine of so many ticks instead. The first is
the daemon's endpoint for requests. Needs python3-zmq and python3-msgpack.

A daemon with keys: REALTIMED_SERVER_KEY=curve.pub REALTIMED_KEY=plant.key, files as realtimed keygen writes them.
"""
import math
import os
import select
import sys
import time

import msgpack
import zmq
import zmq.auth

WINDOW, BATCH, TIMEOUT = 1024, 256, 2000  # ticks that wait; ticks in a message; ms until a reply counts as lost


class Publisher:
    def __init__(self, endpoint):
        self.endpoint, self.socket = endpoint, None
        self.window = {}  # (stream, seq) -> tick, in order: what is not acknowledged
        self.given, self.acknowledged, self.count = {}, {}, 0  # the last seq of each stream; ticks acknowledged

    def publish(self, stream, value):
        if stream not in self.given:
            self.given[stream] = 0
            self.greet()
        self.given[stream] = seq = self.given[stream] + 1
        self.window[stream, seq] = [1, stream, seq, time.time(), value]

    def work(self):
        """Sends the window and takes in the replies, which come in the order of the messages."""
        self.socket or self.greet()
        ticks = list(self.window.items())  # A dict keeps the order.
        parts = [ticks[i : i + BATCH] for i in range(0, len(ticks), BATCH)]
        for part, reply in zip(parts, self.exchange([[2, [tick for _, tick in part]] for part in parts])):
            if "error" in reply or reply["ack"]["received"] != len(part):
                sys.exit(f"reliable.py: {reply!r}")
            errors = {error["index"]: error for error in reply["errors"]}
            for i, (key, _) in enumerate(part):
                if i not in errors:
                    self.settle(*key)  # Stepped now, or before: a duplicate is acknowledged too.
                elif errors[i]["code"] not in (5, 9, 10):
                    print(f"reliable.py: rejected {self.window.pop(key)}: {errors[i]['detail']}", file=sys.stderr)
        if self.socket and len(self.window) == len(ticks):
            time.sleep(0.1)  # All refused. A refused tick stays; what follows it in its stream was refused too.

    def greet(self):
        """Asks what the daemon has, after trouble by a new socket: the old one would connect again by itself and send
        what it still had queued, out of order."""
        replies = []
        while not replies:
            if self.socket is None:
                self.socket = zmq.Context.instance().socket(zmq.DEALER)
                self.socket.linger, self.socket.reconnect_ivl, self.socket.sndtimeo = 0, -1, TIMEOUT
                if "REALTIMED_KEY" in os.environ:
                    self.socket.curve_publickey, self.socket.curve_secretkey = key_of("REALTIMED_KEY")
                    self.socket.curve_serverkey = key_of("REALTIMED_SERVER_KEY")[0]
                self.socket.connect(self.endpoint)
            replies = list(self.exchange([{"op": "hello", "streams": list(self.given)}]))
        for stream, seq in replies[0]["streams"].items():
            if (seq or 0) < self.acknowledged.get(stream, 0):
                print(f"reliable.py: {stream}: lost {seq}…{self.acknowledged.pop(stream)}", file=sys.stderr)
            for key in [key for key in self.window if key[0] == stream and key[1] <= (seq or 0)]:
                self.settle(*key)
            self.given[stream] = max(self.given[stream], seq or 0)

    def settle(self, stream, seq):
        del self.window[stream, seq]
        self.acknowledged[stream], self.count = seq, self.count + 1

    def exchange(self, messages):
        """Sends all, then yields the replies; after trouble there is no socket."""
        try:
            for message in messages:
                self.socket.send(msgpack.packb(message))
            for _ in messages:
                if not self.socket.poll(TIMEOUT):
                    raise zmq.Again
                yield msgpack.unpackb(self.socket.recv())
        except zmq.Again:
            self.socket = self.socket.close()


def key_of(variable):
    return zmq.auth.load_certificate(os.environ[variable])


publisher = Publisher(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5571")
sine = [f"demo/sine {20 + math.sin(i / 10)}" for i in range(int(sys.argv[2]))] if len(sys.argv) > 2 else None
for line in sine or sys.stdin:
    publisher.publish(line.split()[0], float(line.split()[1]))
    more = sine or select.select([sys.stdin], [], [], 0)[0]
    while len(publisher.window) >= WINDOW or (publisher.window and not more):
        publisher.work()
while publisher.window:
    publisher.work()
print(f"{publisher.count} ticks acknowledged")
