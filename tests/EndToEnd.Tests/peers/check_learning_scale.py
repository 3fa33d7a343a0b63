"""100,000 streams of the built-in model, each of which learns: what is stated of their memory is what they take."""
import numpy as np

from check_scale import STREAMS, step_all
from wire import arguments, expect_true, passed, run_peer, stats

STATED = 16 << 10  # bytes a stream, at most
PROCESS = 256 << 20  # what the program itself may take


def main():
    options = arguments(folder="", pid=0, memory_limit=STREAMS * STATED + PROCESS)
    if options.prepare:
        return print("null")  # no models: the built-in one
    step_all(options, np.random.default_rng(options.seed).normal(20, 5, (2, STREAMS)))
    stated = stats(options.http)["models"][0]["bytesPerStream"]
    expect_true(0 < stated <= STATED, f"bytes a stream: {stated} stated, expected at most {STATED}")
    passed(f"{stated} bytes a stream are stated")


if __name__ == "__main__":
    run_peer(main)
