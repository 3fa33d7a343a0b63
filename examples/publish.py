"""Sends ticks to realtimed and prints the forecast that comes back for each.

Needs python3-zmq and python3-msgpack; the argument is the daemon's endpoint for requests.
"""
import math
import sys

import msgpack
import zmq

STREAM = "demo/python"

socket = zmq.Context().socket(zmq.DEALER)
socket.connect(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5571")

# Where did we stop? The daemon knows the last seq of every stream; nil for one it has not seen.
socket.send(msgpack.packb({"op": "hello", "streams": [STREAM]}))
last = msgpack.unpackb(socket.recv())["streams"][STREAM] or 0

for seq in range(last + 1, last + 21):
    value = 20 + math.sin(seq / 3)
    socket.send(msgpack.packb({"stream": STREAM, "seq": seq, "values": value, "reply": True}))
    reply = msgpack.unpackb(socket.recv())
    forecast = reply["predictions"][0]
    print(f"{STREAM} {seq}: {value:.3f}, next {forecast['mean'][0][0]:.3f}")
