"""Roll-outs of a backtest computed independently, in numpy and double: one stream, one model or an ensemble.

rollout.py PEERS DATA STEPS FROM TO MODEL...  ->  JSON as `realtimed backtest --roll-out --json` has it
"""
import json
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import realtime_model  # noqa: E402


def read(path):
    with open(path) as file:
        rows = [line.strip().split(",") for line in file][1:]
    return np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])


def errors(actual, forecast, used):
    error = (forecast - actual)[used]
    return {"mse": np.mean(error**2), "mae": np.mean(np.abs(error))}


def main():
    x = read(sys.argv[2])
    steps, begin, end = map(int, sys.argv[3:6])
    models = [realtime_model.Model.load(path) for path in sys.argv[6:]]
    streams = [model.streams(1) for model in models]
    one, rolled, seen, last = [], [], [], np.full(x.shape[1], np.nan)
    for row in x:
        predictions = [model.step(stream, row[None]) for model, stream in zip(models, streams)]
        one.append(np.mean([prediction.mean[0] for prediction in predictions], axis=0))
        # The state of an ensemble keeps the ensemble's forecast.
        for stream in streams:
            stream.forecast[:] = one[-1][0][models[0].order()]
        rolled.append(realtime_model.roll_out(models, streams, steps)[0])
        last = np.where(np.isnan(row), last, row)
        seen.append(last)
    one, rolled, seen = np.array(one), np.array(rolled), np.array(seen)

    def scores(forecasts, aheads):
        found = []
        for place, ahead in enumerate(aheads):
            target = np.arange(ahead, len(x))
            actual, known = x[target], seen[target - ahead]
            inside = ((target >= begin) & (target < end))[:, None]
            used = ~np.isnan(actual) & ~np.isnan(known) & inside
            found.append({
                "horizon": ahead,
                "count": int(used.sum()),
                **errors(actual, forecasts[target - ahead, place], used),
                "persistence": errors(actual, known, used),
            })
        return found

    horizons = models[0].forecast["horizons"]
    json.dump(
        {"horizons": scores(one, horizons), "rollOut": scores(rolled, range(1, steps + 1))},
        sys.stdout,
    )


main()
