"""100,000 streams of a GRU(32) in one daemon, each stepped twice by batches; a sample against numpy."""
import time

import numpy as np

import own_models
from wire import Counters, Requests, Subscriber, ack_of, arguments, expect, expect_true, memory, passed, run_peer, stats

STREAMS, BATCH, IN_FLIGHT, SAMPLE = 100_000, 1000, 4, 50
MODEL = {
    "format": 1,
    "name": "site",
    "inputs": ["value"],
    "normalise": {"kind": "running", "halfLife": 300},
    "layers": [
        {"name": "rnn0", "kind": "gru", "inputs": 1, "hidden": 32},
        {"name": "head", "kind": "dense", "inputs": 32, "outputs": 8, "activation": "linear"},
    ],
    "forecast": {"horizons": list(range(1, 9)), "outputs": ["value"], "quantiles": []},
}


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


def step_all(options, values):
    """Two ticks of each stream; what is resident stays below the limit."""
    counters, requests = Counters(options.http), Requests(options.requests)
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


def main():
    options = arguments(folder="", pid=0, memory_limit=1 << 30)
    if options.prepare:
        return own_models.prepare(options, [MODEL])
    rng = np.random.default_rng(options.seed + 1)
    model = own_models.load(options, [MODEL])["site"]
    values = rng.normal(20, 5, (2, STREAMS))
    sample = sorted(rng.choice(STREAMS, SAMPLE, replace=False).tolist())
    subscriber = Subscriber(options.predictions, *(f"p/site/{k:06}" for k in sample))
    step_all(options, values)
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
