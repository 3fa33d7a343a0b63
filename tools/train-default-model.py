#!/usr/bin/python3
"""Trains realtimed's built-in default model: a value and its difference, GRU(32), eight horizons.

    nice /usr/bin/python3 tools/train-default-model.py --out src/Daemon/Models/default.safetensors

One thread, a fixed seed and no recorded data: the same torch on the same kind of CPU writes the same bytes.
The equations and the file layout are those of the model file, version 2. What a stream learns for itself, the adaptive
head and the intervals, is no part of the training; the head trained here is its start and its fallback.
"""

import argparse
import hashlib
import json
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

import synthetic_series

HIDDEN = 32
INPUTS = 2         # z and the difference, scaled
HORIZONS = list(range(1, 9))
HORIZON_WEIGHT = torch.tensor([3.0] + [1.0] * 7)
FREE = 11          # units that start random
LAGS = 10          # units that start as a delay line of the difference from tick to tick
KEEP = [0.5, 0.75, 0.875, 0.95, 0.98, 0.99, 0.997]    # units that start as moving averages of z
SCALES = [0.2, 0.5, 1.0, 3.0]                         # units that start as tanh(scale * z)
STEP = 0.35        # amplitude of the delay line
MEAN = 0.2         # amplitude of the averages
Z_CLIP = 5.0       # what the net sees of z
CHANGE_CLIP = 5.0  # and of the difference, in units of its scale
HEAD_LIMIT = 6.0   # of any head weight
LOOP_LIMIT = 3.0   # of any recurrent weight
GATE_LIMIT = 0.7   # of any gate's input weight: inputs reach 5
HEAD_COST = 2e-5   # of a squared head weight, in the loss
LOOP_COST = 1e-5   # of a squared recurrent weight


def running_statistics(x, half_life):
    """z, the scaled difference and its scale at every tick for the rows of x, as the model file defines them.

    But for the tenth that E and M lose where differences have all but vanished; tools/README.md says why.
    """
    series, ticks = x.shape
    mu, v, recent, mean = (np.zeros(series) for _ in range(4))
    z, change, scales = np.empty_like(x), np.zeros_like(x), np.empty_like(x)
    floor = 1 - 2 ** (-1 / half_life)
    for t in range(ticks):
        alpha = max(floor, 1 / (t + 1))
        d = x[:, t] - mu
        mu = mu + alpha * d
        v = (1 - alpha) * (v + alpha * d * d)
        sigma = np.sqrt(v)
        sigma = np.where(sigma <= 1e-6 * np.maximum(np.abs(mu), 1e-6), 1.0, sigma)
        z[:, t] = np.clip((x[:, t] - mu) / sigma, -Z_CLIP, Z_CLIP)
        least = 1e-9 * (np.minimum(np.abs(mu), np.abs(x[:, t])) + 1e-3)
        if t == 0:
            scales[:, t] = least
            continue
        step = x[:, t] - x[:, t - 1]
        known = np.maximum(recent, 0.01 * mean)
        square = np.where(known > 0, np.minimum(step * step, 1e4 * known), step * step)
        recent = recent + max(floor, 1 / t) * (square - recent)
        mean = mean + (square - mean) / t
        scales[:, t] = np.maximum(np.sqrt(np.maximum(recent, 0.01 * mean)), least)
        change[:, t] = np.clip(step / scales[:, t], -CHANGE_CLIP, CHANGE_CLIP)
    return z, change, scales


class Pool:
    """Series with the net's inputs and, per horizon, the line error = gain * y - target of the loss.

    y is the change from now in units of the running scale of the differences. Errors are in units of the series' own rms
    difference over the horizon: an error of rms 1 is persistence.
    """

    def __init__(self, seed, series, ticks, half_life):
        x = synthetic_series.pool(seed, series, ticks + HORIZONS[-1])
        z, change, step = running_statistics(x, half_life)
        scale = np.stack([np.sqrt(np.mean((x[:, h:] - x[:, :-h]) ** 2, axis=1)) for h in HORIZONS], axis=1)
        scale = np.maximum(scale, 1e-3)
        self.series, self.ticks = series, ticks
        inputs = np.stack([z[:, :ticks].T, change[:, :ticks].T], axis=2)
        self.inputs = torch.tensor(inputs, dtype=torch.float32)
        self.x, self.step, self.scale = x, step, scale

    def lines(self, rows, start, stop):
        """gain and target [ticks, rows, horizons]; the target is persistence's error, too."""
        step = self.step[rows, start:stop].T[:, :, None]
        now = self.x[rows, start:stop].T[:, :, None]
        ahead = np.stack([self.x[rows, start + h:stop + h].T for h in HORIZONS], axis=2)
        scale = self.scale[rows][None]
        as_tensor = lambda a: torch.tensor(a, dtype=torch.float32)
        return as_tensor(step / scale), as_tensor((ahead - now) / scale)


class Net:
    """A GRU whose units carry h = amplitude * u; weights are stored for u, so that all of them are of order one.

    The candidate and the head have no bias: a constant stream (inputs 0) keeps h = 0 and is forecast exactly.
    """

    def __init__(self, generator):
        kinds = [("value", s) for s in SCALES] + [("lag", k) for k in range(LAGS)]
        kinds += [("mean", k) for k in KEEP] + [("free", None)] * FREE
        assert len(kinds) == HIDDEN
        amplitude = torch.ones(HIDDEN)
        uniform = lambda *shape: (torch.rand(*shape, generator=generator) * 2 - 1)
        w_ih, w_hh = 0.1 * uniform(3 * HIDDEN, INPUTS), 0.03 * uniform(3 * HIDDEN, HIDDEN)
        gates = torch.zeros(2 * HIDDEN)
        reset, update, candidate = 0, HIDDEN, 2 * HIDDEN
        for i, (kind, value) in enumerate(kinds):
            if kind == "free":
                w_ih[candidate + i] = 0.7 * uniform(INPUTS)
                w_hh[candidate + i] = 0.25 * uniform(HIDDEN)
                gates[update + i] = 2 * uniform(1)
                continue
            w_ih[candidate + i], w_hh[candidate + i] = 0.0, 0.0
            w_ih[[reset + i, update + i]] *= 0.1
            w_hh[[reset + i, update + i]] *= 0.1
            gates[reset + i], gates[update + i] = 4.0, -6.0
            amplitude[i] = {"value": value, "lag": STEP, "mean": MEAN}[kind]
            if kind == "lag" and value > 0:
                w_hh[candidate + i, i - 1] = 1.0
            else:
                w_ih[candidate + i, 1 if kind == "lag" else 0] = 1.0
            if kind == "mean":
                gates[update + i] = float(np.log(value / (1 - value)))
        self.amplitude = amplitude
        self.parameters = [w.requires_grad_() for w in (w_ih, w_hh, gates, torch.zeros(len(HORIZONS), HIDDEN))]

    def weights(self):
        """The file's tensors: weight_ih, weight_hh, bias_ih, bias_hh, head weight, head bias."""
        w_ih, w_hh, gates, head = self.parameters
        rows = torch.cat([torch.ones(2 * HIDDEN), self.amplitude])[:, None]
        bias = torch.cat([gates, torch.zeros(HIDDEN)])
        return (w_ih * rows, w_hh * rows / self.amplitude, bias, torch.zeros(3 * HIDDEN),
                head / self.amplitude, torch.zeros(len(HORIZONS)))

    def limit(self):
        """Clips the weights to what float32 kernels can bear."""
        rows = torch.cat([torch.ones(2 * HIDDEN), self.amplitude])[:, None]
        w_ih, w_hh, _, head = self.parameters
        with torch.no_grad():
            w_ih[:2 * HIDDEN].clamp_(-GATE_LIMIT, GATE_LIMIT)
            for weight, bound in ((w_hh, LOOP_LIMIT * self.amplitude / rows), (head, HEAD_LIMIT * self.amplitude)):
                weight.copy_(torch.minimum(torch.maximum(weight, -bound), bound))

    def cost(self):
        """Of the head and the recurrent weights: what a rounding error of h costs in the next step and in y."""
        _, w_hh, _, _, head, _ = self.weights()
        return HEAD_COST * head.square().sum(1).mean() + LOOP_COST * w_hh.square().sum()

    def run(self, inputs, h):
        """inputs [ticks, rows, 2], h [1, rows, hidden] to hidden states of every tick, y, and the last state."""
        w_ih, w_hh, b_ih, b_hh, head, _ = self.weights()
        states, h = torch._VF.gru(inputs, h, [w_ih, w_hh, b_ih, b_hh], True, 1, 0.0, False, False, False)
        return states, states @ head.t(), h


def huber(e, delta):
    a = e.abs()
    return torch.where(a <= delta, 0.5 * e * e, delta * (a - 0.5 * delta))


def fit_head(net, pool, series, every=3):
    """Sets the linear head by least squares over some series from the zero state, each of equal weight.

    A squared weight costs as much as HEAD_COST of squared error at every tick.
    """
    a, b = np.zeros((len(HORIZONS), HIDDEN, HIDDEN)), np.zeros((len(HORIZONS), HIDDEN))
    with torch.no_grad():
        for first in range(0, series, 128):
            rows = np.arange(first, min(first + 128, series))
            states, _, _ = net.run(pool.inputs[:, rows], torch.zeros(1, len(rows), HIDDEN))
            u = (states / net.amplitude)[::every].double().reshape(-1, HIDDEN).numpy()
            gain, target = pool.lines(rows, 0, pool.ticks)
            for k in range(len(HORIZONS)):
                # In double precision: neighbouring lags of a smooth series are nearly the same line.
                line = gain[::every, :, k].reshape(-1, 1).numpy() * u
                a[k] += line.T @ line
                b[k] += line.T @ target[::every, :, k].reshape(-1).double().numpy()
        ridge = HEAD_COST * series * len(range(0, pool.ticks, every)) * np.diag(net.amplitude.double().numpy() ** -2)
        net.parameters[3].copy_(torch.tensor(np.linalg.solve(a + ridge, b[:, :, None])[:, :, 0], dtype=torch.float32))


def ratios(net, pool, skip=100):
    """Per series and horizon: MSE over persistence's MSE, scored after `skip` ticks."""
    rows = np.arange(pool.series)
    with torch.no_grad():
        _, y, _ = net.run(pool.inputs, torch.zeros(1, pool.series, HIDDEN))
        gain, target = pool.lines(rows, 0, pool.ticks)
        e = (gain * y - target)[skip:]
        return ((e * e).mean(0) / ((target[skip:] ** 2).mean(0) + 1e-3)).numpy()


def summary(r):
    return "  ".join(f"h{h}: median {np.median(r[:, k]):.3f} gmean {np.exp(np.log(r[:, k] + 1e-6).mean()):.3f} "
                     f"better {np.mean(r[:, k] < 1):.3f} worst {r[:, k].max():.2f}" for h, k in ((1, 0), (8, 7)))


def train(args):
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    started = time.time()
    say = lambda text: print(f"[{time.time() - started:6.1f} s] {text}", flush=True)
    pool = Pool(args.seed, args.series, args.ticks, args.half_life)
    validation = Pool(args.seed + 1, 512, args.ticks, args.half_life)
    say(f"{args.series} series of {args.ticks} ticks")
    net = Net(generator)
    fit_head(net, pool, min(args.series, 512))
    net.limit()
    say("start    " + summary(ratios(net, validation)))
    average = Net(torch.Generator().manual_seed(args.seed))
    optimiser = torch.optim.Adam(net.parameters, lr=args.rate, betas=(0.9, 0.99))
    order = np.random.default_rng(args.seed + 2)
    level = torch.ones(args.series, len(HORIZONS))
    starts = range(0, args.ticks - args.chunk + 1, args.chunk)
    total = args.epochs * (args.series // args.batch) * len(starts)
    done, mean_loss = 0, 0.0
    for epoch in range(args.epochs):
        shuffled = order.permutation(args.series)
        for first in range(0, args.series - args.batch + 1, args.batch):
            rows = shuffled[first:first + args.batch]
            h = torch.zeros(1, args.batch, HIDDEN)
            for start in starts:
                for group in optimiser.param_groups:
                    group["lr"] = args.rate * min(1.0, (done + 1) / 50) * (0.5 + 0.5 * np.cos(np.pi * done / total))
                _, y, h = net.run(pool.inputs[start:start + args.chunk, rows], h)
                h = h.detach()
                gain, target = pool.lines(rows, start, start + args.chunk)
                losses = huber(gain * y - target, args.delta).mean(0)
                # The weights make this the gradient of the mean logarithm of each series' loss: a series that is
                # hard to match exactly does not outweigh the others.
                loss = (losses / (level[rows] + 0.05) * HORIZON_WEIGHT).mean() + net.cost()
                level[rows] += 0.1 * (losses.detach().clamp(max=20.0) - level[rows])
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters, 1.0)
                optimiser.step()
                net.limit()
                done += 1
                mean_loss += (loss.item() - mean_loss) * max(0.01, 1 / done)
                with torch.no_grad():
                    for kept, now in zip(average.parameters, net.parameters):
                        kept.lerp_(now, max(0.005, 1 / done))
        say(f"epoch {epoch + 1:2d} (loss {mean_loss:.3f}) " + summary(ratios(average, validation)))
    return average


def write(path, net, half_life):
    """safetensors: 8 bytes little-endian header length, a JSON header padded to 8 bytes, the data."""
    description = {
        "format": 2,
        "name": "default",
        "inputs": ["value"],
        "normalise": {"kind": "running", "halfLife": half_life, "clip": Z_CLIP},
        "features": [
            {"kind": "difference", "of": "value", "clip": CHANGE_CLIP},
            {"kind": "hour", "harmonics": 3, "network": False},
        ],
        "layers": [
            {"name": "rnn0", "kind": "gru", "inputs": INPUTS, "hidden": HIDDEN, "resetAfter": True},
            {"name": "head", "kind": "dense", "inputs": HIDDEN, "outputs": len(HORIZONS), "activation": "linear"},
        ],
        "forecast": {"horizons": HORIZONS, "outputs": ["value"], "quantiles": [], "target": "difference"},
        "adapt": {"kind": "rls", "forgetting": 0.9998, "ridge": 1, "features": "hidden+inputs"},
        "intervals": [0.8, 0.95],
    }
    names = ["rnn0.weight_ih", "rnn0.weight_hh", "rnn0.bias_ih", "rnn0.bias_hh", "head.weight", "head.bias"]
    header, data = {"__metadata__": {"realtime": json.dumps(description, separators=(",", ":"))}}, b""
    for name, tensor in zip(names, net.weights()):
        block = tensor.detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file = len(text).to_bytes(8, "little") + text + data
    with open(path, "wb") as out:
        out.write(file)
    print(f"{path}: {len(file)} bytes, SHA-256 {hashlib.sha256(file).hexdigest()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="the model file to write")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--half-life", type=int, default=300, help="of the running normalisation, in ticks")
    parser.add_argument("--series", type=int, default=3072)
    parser.add_argument("--ticks", type=int, default=768)
    parser.add_argument("--chunk", type=int, default=96, help="ticks of truncated backpropagation through time")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--delta", type=float, default=10.0, help="where Huber's loss turns linear, in rms differences")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    net = train(args)
    write(args.out, net, args.half_life)


if __name__ == "__main__":
    main()
