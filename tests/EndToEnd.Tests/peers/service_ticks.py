"""Sends numbered ticks of some streams: service_ticks.py FIRST LAST STREAMS. Each must be acknowledged as stepped, and
the daemon must have the last of each; prints how many there were."""
import math
import sys

import msgpack
import zmq

first, last, streams = map(int, sys.argv[1:4])
socket = zmq.Context().socket(zmq.DEALER)
socket.setsockopt(zmq.LINGER, 0)
socket.setsockopt(zmq.RCVTIMEO, 10_000)
socket.connect("tcp://127.0.0.1:5571")
accepted = 0
for seq in range(first, last + 1):
    ticks = [{"stream": f"pump/{i}", "seq": seq, "time": 1_700_000_000 + seq, "values": math.sin(0.1 * seq + i)}
             for i in range(streams)]
    socket.send(msgpack.packb([2, ticks, True]))
    reply = msgpack.unpackb(socket.recv())
    if reply.get("errors"):
        sys.exit(f"seq {seq}: {reply}"[:500])
    accepted += reply["ack"]["accepted"]
hello = {"op": "hello", "streams": [f"pump/{i}" for i in range(streams)]}
socket.send(msgpack.packb(hello))
found = msgpack.unpackb(socket.recv())["streams"]
wrong = {stream: seq for stream, seq in found.items() if seq != last}
if wrong:
    sys.exit(f"expected {last}: {wrong}")
if accepted != (last - first + 1) * streams:
    sys.exit(f"{accepted} ticks were stepped, expected {(last - first + 1) * streams}")
print(accepted)
