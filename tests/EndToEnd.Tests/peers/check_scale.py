"""100,000 streams of the built-in GRU(32) in one daemon, each stepped twice by batches; a sample against numpy."""
import hashlib
import pathlib
import time

import numpy as np

import own_models
import realtime_model as rm
from wire import Counters, Requests, Subscriber, ack_of, arguments, expect, expect_true, memory, passed, run_peer, stats

STREAMS, BATCH, IN_FLIGHT, SAMPLE = 100_000, 1000, 4, 50
BUILT_IN = pathlib.Path(__file__).parents[3] / "src" / "Daemon" / "Models" / "default.safetensors"


def send_round(requests, number, values):
    waiting = 0
    for first in range(0, STREAMS, BATCH):
        requests.send([2, [[1, f"site/{k:06}", number, None, float(values[k])] for k in range(first, first + BATCH)]])
        waiting += 1
        while waiting >= IN_FLIGHT:
            expect(ack_of(requests.receive())["accepted"], BATCH, "a batch")
            waiting -= 1
    for _ in range(waiting):
        expect(ack_of(requests.receive())["accepted"], BATCH, "a batch")


def main():
    options = arguments(folder="", pid=0, memory_limit=1 << 30)
    if options.prepare:
        return print("null")  # no models: the built-in one
    rng = np.random.default_rng(options.seed + 1)
    model = rm.Model.load(BUILT_IN)
    expect(
        [layer.get("hidden") for layer in model.layers if "hidden" in layer],
        [32],
        "hidden units of the built-in model",
    )
    values = rng.normal(20, 5, (2, STREAMS))
    sample = sorted(rng.choice(STREAMS, SAMPLE, replace=False).tolist())
    subscriber = Subscriber(options.predictions, *(f"p/site/{k:06}" for k in sample))
    counters, requests = Counters(options.http), Requests(options.requests)
    found = requests.ask({"op": "describe"})["models"][0]["digest"]
    expect(found, hashlib.sha256(BUILT_IN.read_bytes()).hexdigest(), "digest of the model that the daemon runs")
    before = memory(options.pid)[0]
    for number in (1, 2):
        start = time.monotonic()
        send_round(requests, number, values[number - 1])
        counters.expect(f"round {number}", stepped=STREAMS)
        resident, peak = memory(options.pid)
        passed(
            f"round {number}: {STREAMS / (time.monotonic() - start):.0f} ticks/s, "
            f"{resident >> 20} MiB resident, {peak >> 20} MiB at most, "
            f"{(resident - before) / STREAMS:.0f} B a stream"
        )
        expect_true(
            resident < options.memory_limit,
            f"resident memory {resident} B, expected less than {options.memory_limit}",
        )
    expect(stats(options.http)["streams"], STREAMS, "streams")

    while sum(len(p) for p in subscriber.predictions.values()) < 2 * SAMPLE:
        expect_true(subscriber.pump(5.0) > 0, "predictions of the sample")
    reference = model.streams(SAMPLE)
    for number in (1, 2):
        expected = model.step(reference, values[number - 1][sample]).flat()
        for row, k in enumerate(sample):
            prediction = subscriber.predictions[f"site/{k:06}"][number - 1]
            expect(prediction["seq"], number, f"seq of stream {k}")
            own_models.expect_prediction(prediction, expected[row], f"stream {k} tick {number}")
    passed(f"predictions of {SAMPLE} streams of {STREAMS} are right")


if __name__ == "__main__":
    run_peer(main)
