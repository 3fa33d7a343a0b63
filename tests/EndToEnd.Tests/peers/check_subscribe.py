"""Other people's publishers: the daemon's SUB sockets, one connected to a PUB, one bound for PUBs to connect to.

The second subscribes to the topics m/a and m/b only. Endpoints: ipc://connected and ipc://bound in the folder
that both run in.
"""
import time

import numpy as np
import zmq

import own_models
import realtime_model as rm
from wire import Counters, Requests, Subscriber, arguments, expect_true, pack, passed, run_peer, stats


def document():
    return rm.document(
        "m", ["value"], [rm.recurrent("rnn0", "gru", 1, 8), rm.dense("head", 8, 1)], rm.points(["value"])
    )


def publisher():
    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.setsockopt(zmq.LINGER, 1000)
    socket.setsockopt(zmq.SNDHWM, 0)
    return socket


def until_heard(socket, http, stream):
    """Publishes ticks until the first is heard: none that is sent later may be lost."""
    before, deadline = stats(http)["received"], time.monotonic() + 20
    while stats(http)["received"] == before:
        expect_true(time.monotonic() < deadline, f"the daemon hears a publisher of {stream}")
        socket.send_multipart([stream.encode(), pack({"v": 0.5})])
        time.sleep(0.05)
    time.sleep(0.2)


def check(requests, subscriber, model, stream, socket, values):
    """Ticks named by their topic alone, a JavaScript-like map and the array form by turns."""
    requests.ask({"op": "forget", "stream": stream})
    subscriber.pump(0.2)
    subscriber.predictions[stream].clear()
    for k, value in enumerate(values):
        payload = pack({"v": float(value)} if k % 2 else [1, None, None, None, float(value)])
        socket.send_multipart([stream.encode(), payload])
    while len(subscriber.predictions[stream]) < len(values):
        expect_true(
            subscriber.pump(5.0) > 0,
            f"predictions of {stream}: {len(subscriber.predictions[stream])} of {len(values)}",
        )
    state = model.streams()
    for k, (value, prediction) in enumerate(zip(values, subscriber.predictions[stream])):
        own_models.expect_prediction(prediction, model.step(state, value).flat()[0], f"stream {stream} tick {k}")


def main():
    options = arguments(folder="")
    if options.prepare:
        return own_models.prepare(options, [document()])
    rng = np.random.default_rng(options.seed + 1)
    model = own_models.load(options, [document()])["m"]
    requests, subscriber = Requests(options.requests), Subscriber(options.predictions)
    bound, connected = publisher(), publisher()
    bound.bind(f"ipc://{options.folder}/connected")
    connected.connect(f"ipc://{options.folder}/bound")
    for socket, stream in ((bound, "m/any"), (connected, "m/a"), (connected, "m/b")):
        until_heard(socket, options.http, stream)
        check(requests, subscriber, model, stream, socket, rng.normal(size=300))
        passed(f"a publisher of {stream}")
    counters = Counters(options.http)
    for _ in range(10):
        connected.send_multipart([b"m/c", pack({"v": 0.5})])
        bound.send_multipart([b"m/any", b"\xc1"])
    connected.send_multipart([b"m/a", pack({"v": 0.5})])
    counters.expect("topics not subscribed to, and garbage", stepped=1, rejected=10)
    bound.close()
    again = publisher()
    again.bind(f"ipc://{options.folder}/connected")
    until_heard(again, options.http, "m/any")
    check(requests, subscriber, model, "m/any", again, rng.normal(size=100))
    passed("a publisher that came back is heard again")


if __name__ == "__main__":
    run_peer(main)
