"""A backtest computed independently, in numpy from the definitions: whole arrays, no running sums.

backtest.py PEERS MODEL DATA SEASON SCALE_ROWS FROM TO  ->  JSON as `realtimed backtest --json` has it, point by point.
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


def last_seen(x):
    """The newest value up to each row."""
    out, last = np.full(len(x), np.nan), np.nan
    for i, value in enumerate(x):
        last = last if np.isnan(value) else value
        out[i] = last
    return out


def linear(x, horizon):
    """Online least squares on 24 lags with its gate, as the class of that name documents it; one horizon."""
    n, width, limit = len(x), 25, 6 * np.sqrt(horizon)
    p, w, rho2 = np.eye(width), np.zeros(width), 0.0
    rate = 1 - 2 ** (-1 / 300)
    mean = variance = recent = total = 0.0
    seen, last, yd, dd = 0, None, 0.0, 0.0
    known, scale, features, raw = np.zeros(n, bool), np.zeros(n), np.zeros((n, width)), np.zeros(n)
    changes, out = np.zeros(n), np.full(n, np.nan)
    for t in range(n):
        known[t] = not np.isnan(x[t])
        made = t - horizon
        if known[t] and made >= 0 and known[made]:
            y = np.clip((x[t] - x[made]) / scale[made], -30, 30)
            if t >= 10:
                step = 1 - 2 ** (-1 / 200)
                yd += step * (y * raw[made] - yd)
                dd += step * (raw[made] ** 2 - dd)
            if t >= 5:
                f = features[made]
                e = y - w @ f
                if rho2 <= 1e-12:
                    weight, rho2 = 1.0, e * e
                else:
                    weight = min(1.0, 3 * np.sqrt(rho2) / max(abs(e), 1e-12))
                    rho2 += 0.01 * (min(e * e, 25 * rho2) - rho2)
                k = p @ f
                g = k / (0.9998 / weight + f @ k)
                w = w + g * e
                p = p - np.outer(g, k)
                if p.diagonal().max() < 1e4:
                    p = p / 0.9998
        if known[t]:
            seen += 1
            a = max(rate, 1 / seen)
            d = x[t] - mean
            mean, variance = mean + a * d, (1 - a) * (variance + a * d * d)
            if seen > 1:
                change = x[t] - last
                recent += max(rate, 1 / (seen - 1)) * (change**2 - recent)
                total += change**2
                changes[t] = change if known[t - 1] else 0
            last = x[t]
            ever = total / (seen - 1) if seen > 1 else 0.0
            scale[t] = max(np.sqrt(recent), 0.1 * np.sqrt(ever), 1e-9 * (abs(mean) + 1e-3))
            z = (x[t] - mean) / np.sqrt(variance) if variance > 0 else 0.0
            lags = [changes[t - i] / scale[t] if t >= i else 0.0 for i in range(23)]
            features[t] = np.concatenate([np.clip([z], -8, 8), np.clip(lags, -8, 8), [1.0]])
            raw[t] = np.clip(w @ features[t], -limit, limit)
            trust = 0.0 if t < 50 or not dd > 0 else np.clip(yd / dd, 0, 1)
            out[t] = x[t] + trust * raw[t] * scale[t]
        elif last is not None:
            out[t] = last
    return out


def seasonal(x, horizon, season):
    seen, out = last_seen(x), np.full(len(x), np.nan)
    for t in range(len(x)):
        back = t + horizon - season * -(-horizon // season)
        out[t] = seen[t] if back < 0 or np.isnan(x[back]) else x[back]
    return out


def points(actual, forecast, scale, naive, used):
    """[rows, outputs] each; used says which are scored."""
    error = (forecast - actual)[used]
    size = (np.abs(forecast) + np.abs(actual))[used]
    unit = np.broadcast_to(scale, actual.shape)[used]
    per_naive = np.broadcast_to(naive, actual.shape)[used]
    with np.errstate(invalid="ignore"):
        symmetric = np.where(size == 0, 0, 200 * np.abs(error) / size)
    return {
        "mse": np.mean((error / unit) ** 2),
        "mae": np.mean(np.abs(error / unit)),
        "rmse": np.sqrt(np.mean((error / unit) ** 2)),
        "mase": np.mean((np.abs(error) / per_naive)[per_naive > 0]),
        "smape": np.mean(symmetric),
    }


def main():
    x = read(sys.argv[3])
    season, scale_rows, begin, end = map(int, sys.argv[4:8])
    model = realtime_model.Model.load(sys.argv[2])
    streams = model.streams(1)
    horizons, levels = model.forecast["horizons"], model.forecast["quantiles"]
    steps = [model.step(streams, row[None]) for row in x]
    scale = np.nanstd(x[:scale_rows], axis=0)
    lagged = np.abs(x[season:] - x[:-season])[: begin - season]
    naive = np.nanmean(lagged, axis=0)
    result = []
    for h, horizon in enumerate(horizons):
        made = np.arange(len(x) - horizon)
        target = made + horizon
        actual = x[target]
        mean = np.array([steps[t].mean[0, h] for t in made])
        seen = np.column_stack([last_seen(column) for column in x.T])[made]
        used = ~np.isnan(actual) & ~np.isnan(seen) & ((target >= begin) & (target < end))[:, None]
        unit = np.broadcast_to(scale, actual.shape)[used]
        score = {"horizon": horizon, "count": int(used.sum()), **points(actual, mean, scale, naive, used)}
        quantiles = {q: np.array([steps[t].quantiles[q][0, h] for t in made]) for q in levels}
        pinballs = {}
        for q, forecast in quantiles.items():
            above = (actual - forecast)[used] / unit
            pinballs[q] = np.mean(np.maximum(q * above, (q - 1) * above))
        low, high = quantiles[levels[0]][used], quantiles[levels[-1]][used]
        score["pinball"] = np.mean(list(pinballs.values()))
        score["coverage"] = {"0.8": np.mean((low <= actual[used]) & (actual[used] <= high))}
        score["width"] = {"0.8": np.mean((high - low) / unit)}
        score["below"] = {str(q): np.mean(actual[used] <= forecast[used]) for q, forecast in quantiles.items()}
        score["pinballs"] = {str(q): value for q, value in pinballs.items()}
        score["persistence"] = points(actual, seen, scale, naive, used)
        columns = [linear(column, horizon)[made] for column in x.T]
        score["rls"] = points(actual, np.column_stack(columns), scale, naive, used)
        columns = [seasonal(column, horizon, season)[made] for column in x.T]
        score["seasonalNaive"] = points(actual, np.column_stack(columns), scale, naive, used)
        result.append(score)
    json.dump({"horizons": result}, sys.stdout)


main()
