#!/usr/bin/python3
"""Evaluates a model file of one input prequentially over folders of CSV files, beside persistence.

    /usr/bin/python3 tools/evaluate-model.py MODEL.safetensors FOLDER...

Every numeric column of every CSV file below a folder is one stream: each value is seen once, in order, from the zero
state, and the forecasts made then are scored when their time has come. The table gives, per stream and horizon, the
mean squared error of the model divided by that of persistence (the forecast is the value just seen) on the same ticks;
below 1 is better than persistence, "const" means that the stream did not move at all.

Plain numpy in double precision, written from the equations of the model file, versions 1 and 2, alone: a second opinion
on the daemon's kernels and on the training script. It is the network alone that is evaluated: an adaptive head, which
each stream learns for itself, is left out.
"""

import argparse
import csv
import hashlib
import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np


class ModelFormatError(Exception):
    pass


# ---- the model file -------------------------------------------------------------------------------------------------

def widen(raw, dtype, name):
    if dtype == "F32":
        return np.frombuffer(raw, "<f4").astype(np.float64)
    if dtype == "F16":
        return np.frombuffer(raw, "<f2").astype(np.float64)
    if dtype == "BF16":
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    raise ModelFormatError(f"tensor {name}: dtype {dtype}, expected F32, F16 or BF16")


def network_features(description):
    return [feature for feature in description.get("features", []) if feature.get("network", True)]


def read_model(path):
    with open(path, "rb") as source:
        file = source.read()
    length = int.from_bytes(file[:8], "little")
    header, data = json.loads(file[8:8 + length]), file[8 + length:]
    description = json.loads(header.pop("__metadata__")["realtime"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = widen(data[begin:end], entry["dtype"], name).reshape(entry["shape"])
        if not np.isfinite(tensors[name]).all():
            raise ModelFormatError(f"tensor {name}: not all weights are finite")
    if description["format"] not in (1, 2):
        raise ModelFormatError(f"format {description['format']}, expected 1 or 2")
    for feature in network_features(description):
        if feature["kind"] != "difference":
            raise ModelFormatError(f"a network that sees the {feature['kind']}, this script knows no times")
    if description["forecast"].get("distribution") is not None:
        raise ModelFormatError("this script evaluates forecasts of a number, not of a distribution")
    if len(description["inputs"]) != 1:
        raise ModelFormatError(f"{len(description['inputs'])} inputs, this script evaluates models of one")
    if "classes" in description["forecast"] or any(l["kind"] == "embedding" for l in description["layers"]):
        raise ModelFormatError("this script evaluates forecasts of a number, not classifiers or embeddings")
    if description["inputs"][0] not in description["forecast"]["outputs"]:
        raise ModelFormatError(f"no output predicts the input {description['inputs'][0]!r}")
    return description, tensors, hashlib.sha256(file).hexdigest()


# ---- the layers -----------------------------------------------------------------------------------------------------

def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {"linear": lambda a: a, "sigmoid": sigmoid, "tanh": np.tanh, "relu": lambda a: np.maximum(a, 0),
               "softmax": softmax}


class Layer:
    """One layer for many streams at once: step(x [streams, inputs]) returns [streams, outputs]."""

    def __init__(self, entry, tensors, streams):
        self.kind = entry["kind"]
        self.entry = entry
        weight = lambda name: tensors[f"{entry['name']}.{name}"]
        if self.kind in ("rnn", "gru", "lstm"):
            self.w_ih, self.w_hh = weight("weight_ih").T, weight("weight_hh").T
            self.b_ih, self.b_hh = weight("bias_ih"), weight("bias_hh")
            self.h = np.zeros((streams, entry["hidden"]))
            self.c = np.zeros((streams, entry["hidden"]))
        elif self.kind == "dense":
            self.w, self.b = weight("weight").T, weight("bias")
        elif self.kind != "dropout":
            raise ModelFormatError(f"layer {entry['name']}: unknown kind {self.kind!r}")

    def step(self, x):
        return getattr(self, self.kind)(x)

    def dropout(self, x):
        return x

    def dense(self, x):
        return ACTIVATIONS[self.entry["activation"]](x @ self.w + self.b)

    def rnn(self, x):
        act = ACTIVATIONS[self.entry.get("activation", "tanh")]
        self.h = act(x @ self.w_ih + self.b_ih + self.h @ self.w_hh + self.b_hh)
        return self.h

    def gru(self, x):
        size = self.entry["hidden"]
        of_x, of_h = x @ self.w_ih + self.b_ih, self.h @ self.w_hh + self.b_hh
        r = sigmoid(of_x[:, :size] + of_h[:, :size])
        z = sigmoid(of_x[:, size:2 * size] + of_h[:, size:2 * size])
        if self.entry.get("resetAfter", True):
            n = np.tanh(of_x[:, 2 * size:] + r * of_h[:, 2 * size:])
        else:
            n = np.tanh(of_x[:, 2 * size:] + (r * self.h) @ self.w_hh[:, 2 * size:] + self.b_hh[2 * size:])
        self.h = (1 - z) * n + z * self.h
        return self.h

    def lstm(self, x):
        i, f, g, o = np.split(x @ self.w_ih + self.b_ih + self.h @ self.w_hh + self.b_hh, 4, axis=1)
        self.c = sigmoid(f) * self.c + sigmoid(i) * np.tanh(g)
        self.h = sigmoid(o) * np.tanh(self.c)
        return self.h


# ---- a stream's arithmetic around the layers -----------------------------------------------------------------------

class Normaliser:
    """mu and sigma of every stream, as `normalise` says."""

    def __init__(self, entry, streams):
        self.kind = entry["kind"]
        self.clip = entry.get("clip", 10)
        self.mu, self.v, self.n = np.zeros(streams), np.zeros(streams), np.zeros(streams)
        self.sigma = np.ones(streams)
        if self.kind == "fixed":
            self.mu, self.sigma = self.mu + entry["mean"][0], self.sigma * entry["std"][0]
        elif self.kind == "running":
            self.floor = 1 - 2 ** (-1 / entry["halfLife"])
        elif self.kind != "none":
            raise ModelFormatError(f"normalise: unknown kind {self.kind!r}")

    def learn(self, x, seen):
        if self.kind != "running":
            return
        n = self.n + seen
        alpha = np.maximum(self.floor, 1 / np.maximum(n, 1))
        d = np.where(seen, x - self.mu, 0)
        self.mu = np.where(seen, self.mu + alpha * d, self.mu)
        self.v = np.where(seen, (1 - alpha) * (self.v + alpha * d * d), self.v)
        self.n = n
        deviation = np.sqrt(self.v)
        self.sigma = np.where(deviation <= 1e-6 * np.maximum(np.abs(self.mu), 1e-6), 1.0, deviation)

    def apply(self, x):
        z = (x - self.mu) / self.sigma
        if self.kind == "running":
            z = np.clip(z, -self.clip, self.clip)
        return np.clip(z, -1e30, 1e30)


class Differences:
    """The change from tick to tick of every stream, and its scale: the file's, or the stream's own."""

    def __init__(self, description, streams):
        normalise, forecast = description["normalise"], description["forecast"]
        stds = forecast.get("differenceStd")
        self.std = None if stds is None else stds[forecast["outputs"].index(description["inputs"][0])]
        self.floor = 1 - 2 ** (-1 / normalise["halfLife"]) if normalise["kind"] == "running" else None
        self.n, self.recent, self.mean = np.zeros(streams), np.zeros(streams), np.zeros(streams)
        self.before, self.change = np.full(streams, np.nan), np.full(streams, np.nan)

    def learn(self, x):
        self.change = x - self.before
        self.before = x
        known = ~np.isnan(self.change)
        square, scale = np.where(known, self.change, 0) ** 2, np.maximum(self.recent, 0.01 * self.mean)
        square = np.where(scale > 0, np.minimum(square, 1e4 * scale), square)
        self.n = self.n + known
        if self.floor is None:
            return
        n = np.maximum(self.n, 1)
        self.recent = np.where((square > 0) & (square < 1e-10 * self.recent), 0.9 * self.recent, self.recent)
        self.mean = np.where((square > 0) & (square < 1e-6 * self.mean), 0.9 * self.mean, self.mean)
        self.recent = np.where(known, self.recent + np.maximum(self.floor, 1 / n) * (square - self.recent), self.recent)
        self.mean = np.where(known, self.mean + (square - self.mean) / n, self.mean)

    def scale(self, last, mu):
        if self.floor is None:
            return self.std
        size = np.minimum(np.abs(np.nan_to_num(last)), np.abs(mu))
        return np.maximum(np.sqrt(np.maximum(self.recent, 0.01 * self.mean)), 1e-9 * (size + 1e-3))

    def feature(self, entry, last, mu):
        scale = entry.get("std") or self.scale(last, mu)
        return np.clip(np.nan_to_num(self.change) / scale, -entry.get("clip", 5), entry.get("clip", 5))


def forecasts(description, tensors, x):
    """x [streams, ticks], NaN where missing; returns the means [streams, ticks, horizons] forecast at each tick."""
    streams, ticks = x.shape
    forecast = description["forecast"]
    horizons, outputs, per_output = forecast["horizons"], forecast["outputs"], 1 + len(forecast.get("quantiles", []))
    column = outputs.index(description["inputs"][0])
    layers = [Layer(entry, tensors, streams) for entry in description["layers"]]
    normaliser = Normaliser(description["normalise"], streams)
    differences, features = Differences(description, streams), network_features(description)
    of_change = forecast.get("target", "value") == "difference"
    limit = forecast.get("clip", 6) * np.sqrt(horizons)
    last, ahead = np.full(streams, np.nan), np.full(streams, np.nan)
    result = np.empty((streams, ticks, len(horizons)))
    for t in range(ticks):
        seen = ~np.isnan(x[:, t])
        value = x[:, t]
        for substitute in (ahead, last, normaliser.mu):
            value = np.where(np.isnan(value), substitute, value)
        last = np.where(seen, x[:, t], last)
        normaliser.learn(value, seen)
        differences.learn(x[:, t])
        y = np.stack([normaliser.apply(value)]
                     + [differences.feature(entry, last, normaliser.mu) for entry in features], axis=1)
        y = y.astype(np.float32).astype(np.float64)
        for layer in layers:
            y = layer.step(y)
        y = y.reshape(streams, len(horizons), len(outputs), per_output)[:, :, column, 0]
        if of_change:
            base = np.where(np.isnan(last), normaliser.mu, last)[:, None]
            scale = np.broadcast_to(differences.scale(last, normaliser.mu), streams)[:, None]
            result[:, t] = base + scale * np.clip(y, -limit, limit)
        else:
            result[:, t] = normaliser.mu[:, None] + normaliser.sigma[:, None] * y
        if horizons[0] == 1:
            ahead = result[:, t, 0]
    return result


# ---- the data and the table ----------------------------------------------------------------------------------------

def number(text):
    try:
        value = float(text)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan


def read_columns(path):
    """(column name, values) of the numeric columns; empty and NaN cells are missing."""
    with open(path, newline="") as source:
        sample = source.readline()
        source.seek(0)
        rows = list(csv.reader(source, delimiter=";" if sample.count(";") > sample.count(",") else ","))
    for index, name in enumerate(rows[0]):
        values = np.array([number(row[index]) if index < len(row) else np.nan for row in rows[1:]])
        if len(values) > 0 and np.isfinite(values).mean() > 0.5:
            yield name, values


def read_streams(folders, without):
    for folder in folders:
        paths = [folder] if os.path.isfile(folder) else sorted(
            os.path.join(where, file) for where, _, files in os.walk(folder) for file in files if file.endswith(".csv"))
        for path in paths:
            columns = [(name, values) for name, values in read_columns(path) if name not in without]
            for name, values in columns:
                label = os.path.splitext(os.path.basename(path))[0]
                yield label if len(columns) == 1 else f"{label}:{name}", values


def score(values, predicted, horizons, skip):
    """Per horizon (MSE, persistence's MSE) over the ticks from `skip` on whose value and future are both there."""
    pairs = []
    for k, h in enumerate(horizons):
        now, ahead = values[skip:-h], values[skip + h:]
        there = ~np.isnan(now) & ~np.isnan(ahead)
        error, persistence = (predicted[skip:len(values) - h, k] - ahead)[there], (now - ahead)[there]
        pairs.append((np.mean(error ** 2), np.mean(persistence ** 2)) if there.any() else (np.nan, np.nan))
    return pairs


def table(streams, predictions, horizons, shown, skip):
    ratios = {h: [] for h in shown}
    print(f"{'stream':<44}{'ticks':>7}" + "".join(f"{'h=' + str(h):>10}" for h in shown))
    for (label, values), predicted in zip(streams, predictions):
        pairs = score(values, predicted, horizons, skip)
        cells = []
        for h in shown:
            mse, persistence = pairs[horizons.index(h)]
            if persistence > 0:
                ratios[h].append(mse / persistence)
                cells.append(f"{mse / persistence:10.4f}")
            else:
                cells.append(f"{'const' if mse == 0 else 'const!':>10}")
        print(f"{label[:43]:<44}{len(values):>7}" + "".join(cells))
    for h in shown:
        r = np.array(ratios[h])
        if len(r) == 0:
            continue
        print(f"horizon {h}: better than persistence {np.sum(r < 1)}/{len(r)} (within 1%: {np.sum(r < 1.01)}), "
              f"median {np.median(r):.4f}, geometric mean {np.exp(np.mean(np.log(r))):.4f}, "
              f"best {r.min():.4f}, worst {r.max():.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folders", nargs="+", help="folders of CSV files, or CSV files")
    parser.add_argument("--horizons", default="1,8", help="which to print (default 1,8)")
    parser.add_argument("--skip", type=int, default=100, help="ticks at the start that are not scored (default 100)")
    parser.add_argument("--without", default="", help="columns to leave out, by name (labels, say)")
    args = parser.parse_args()
    try:
        description, tensors, digest = read_model(args.model)
    except (ModelFormatError, OSError, ValueError, KeyError) as problem:
        sys.exit(f"{args.model}: {problem}")
    horizons = description["forecast"]["horizons"]
    shown = [h for h in map(int, args.horizons.split(",")) if h in horizons]
    streams = [(label, values) for label, values in read_streams(args.folders, args.without.split(","))
               if len(values) > args.skip + horizons[-1]]
    if not streams:
        sys.exit("no numeric column long enough in " + ", ".join(args.folders))
    longest = max(len(values) for _, values in streams)
    x = np.full((len(streams), longest), np.nan)
    for row, (_, values) in zip(x, streams):
        row[:len(values)] = values
    print(f"model {description['name']}, SHA-256 {digest}; scored from tick {args.skip} on")
    table(streams, forecasts(description, tensors, x), horizons, shown, args.skip)


if __name__ == "__main__":
    main()
