#!/usr/bin/env python3
"""Golden gradients of every layer and loss, and steps of the optimisers, computed by PyTorch in float64.

    golden.py [--seed N] > golden.json

golden.json beside this script is its output with the defaults. Weights, inputs and targets are float32 values. The
reset-before GRU, which PyTorch has not, is written out from its equations and differentiated by PyTorch.
"""
import argparse
import json
import math

import torch
from torch import nn

INPUTS, STEPS, ROWS = 3, 6, 4
NAN = float("nan")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def draw(*shape, scale=1.0):
    """float32 values, held in float64."""
    return (torch.randn(*shape) * scale).double()


def recurrent(kind, inputs, hidden, **more):
    rows = GATES[kind] * hidden
    shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}
    return {"kind": kind, "inputs": inputs, "outputs": hidden, "shapes": shapes, **more}


def dense(inputs, outputs, activation="linear"):
    shapes = {"weight": (outputs, inputs), "bias": (outputs,)}
    return {"kind": "dense", "inputs": inputs, "outputs": outputs, "activation": activation, "shapes": shapes}


def embedding(vocabulary, outputs):
    shapes = {"weight": (vocabulary, outputs)}
    return {"kind": "embedding", "inputs": 1, "outputs": outputs, "vocabulary": vocabulary, "shapes": shapes}


def through_cell(layer, w, xs):
    """xs and the result are [step, row, unit]; states begin at zero."""
    cell = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[layer["kind"]]
    more = {"nonlinearity": layer["activation"]} if layer["kind"] == "rnn" else {}
    cell = cell(layer["inputs"], layer["outputs"], **more).double()
    h = torch.zeros(xs.shape[1], layer["outputs"], dtype=torch.float64)
    state, ys = ((h, torch.zeros_like(h)) if layer["kind"] == "lstm" else h), []
    for x in xs:
        state = torch.nn.utils.stateless.functional_call(cell, w, (x, state))
        ys.append(state[0] if layer["kind"] == "lstm" else state)
    return torch.stack(ys)


def through_reset_before(w, xs):
    """r, z = s(W_i x + b_i + W_h h + b_h); n = tanh(W_in x + b_in + W_hn (r h) + b_hn); h' = (1 - z) n + z h."""
    w_i, w_h, b_i, b_h = (w[name].chunk(3) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h, ys = torch.zeros(xs.shape[1], w_h[0].shape[1], dtype=torch.float64), []
    for x in xs:
        r, z = (torch.sigmoid(x @ w_i[g].T + b_i[g] + h @ w_h[g].T + b_h[g]) for g in (0, 1))
        n = torch.tanh(x @ w_i[2].T + b_i[2] + (r * h) @ w_h[2].T + b_h[2])
        h = (1 - z) * n + z * h
        ys.append(h)
    return torch.stack(ys)


def through(layer, w, xs, gives_sums):
    if layer["kind"] == "dense":
        sums = xs @ w["weight"].T + w["bias"]
        if gives_sums or layer["activation"] == "linear":
            return sums
        more = (-1,) if layer["activation"] == "softmax" else ()
        return getattr(torch, layer["activation"])(sums, *more)
    if layer["kind"] == "embedding":
        return nn.functional.embedding(xs[..., 0].long(), w["weight"])
    if layer["kind"] == "gru" and not layer["resetAfter"]:
        return through_reset_before(w, xs)
    return through_cell(layer, w, xs)


def loss_of(loss, y, target):
    """The mean over the targets that are not NaN."""
    kind, mask = loss["kind"], ~torch.isnan(target)
    if kind == "categorical":
        return nn.functional.cross_entropy(y[mask[..., 0]], target[mask].long())
    count = target.shape[-1]
    y = y.reshape(*y.shape[:-1], count, -1)[mask]
    target = target[mask]
    if kind == "gaussian":
        return nn.GaussianNLLLoss(eps=0)(y[:, 0], target, torch.exp(y[:, 1]))
    if kind == "pinball":
        total = nn.functional.huber_loss(y[:, 0], target, delta=loss["delta"])
        for k, level in enumerate(loss["levels"]):
            error = target - y[:, 1 + k]
            total = total + torch.maximum(level * error, (level - 1) * error).mean()
        return total
    y = y[:, 0]
    return {
        "squared": lambda: nn.functional.mse_loss(y, target),
        "absolute": lambda: nn.functional.l1_loss(y, target),
        "huber": lambda: nn.functional.huber_loss(y, target, delta=loss["delta"]),
        "binary": lambda: nn.functional.binary_cross_entropy_with_logits(y, target),
    }[kind]()


def targets_of(loss, outputs):
    kind = loss["kind"]
    if kind == "categorical":
        target = torch.randint(outputs, (STEPS, ROWS, 1)).double()
    elif kind == "binary":
        target = torch.randint(2, (STEPS, ROWS, outputs)).double()
    else:
        per = {"gaussian": 2, "pinball": 1 + len(loss.get("levels", []))}.get(kind, 1)
        target = draw(STEPS, ROWS, outputs // per)
    target[0] = NAN                      # warm-up
    target[STEPS - 2:, 1] = NAN          # a shorter sequence
    target[2, 2, 0] = NAN                # a missing value
    return target


def numbers(tensor):
    return [None if math.isnan(v) else float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]


def case(name, layers, loss):
    weights = []
    for layer in layers:
        weights.append({n: draw(*shape, scale=0.4).requires_grad_() for n, shape in layer["shapes"].items()})
    if layers[0]["kind"] == "embedding":
        x = torch.randint(layers[0]["vocabulary"], (STEPS, ROWS, 1)).double()
    else:
        x = draw(STEPS, ROWS, layers[0]["inputs"])
    target, y = targets_of(loss, layers[-1]["outputs"]), x
    for i, (layer, w) in enumerate(zip(layers, weights)):
        y = through(layer, w, y, i == len(layers) - 1 and loss["kind"] in ("binary", "categorical"))
    value = loss_of(loss, y, target)
    value.backward()
    described = [{k: v for k, v in layer.items() if k != "shapes"} for layer in layers]
    tensors = [{n: {"value": numbers(t), "gradient": numbers(t.grad)} for n, t in w.items()} for w in weights]
    return {"name": name, "layers": described, "loss": loss, "steps": STEPS, "rows": ROWS, "x": numbers(x),
            "target": numbers(target), "value": float(value), "tensors": tensors}


def cases():
    squared = {"kind": "squared"}
    for activation in ("tanh", "relu"):
        yield case(f"rnn-{activation}", [recurrent("rnn", 3, 5, activation=activation), dense(5, 2)], squared)
    for after in (True, False):
        gru = [recurrent("gru", 3, 5, resetAfter=after), recurrent("gru", 5, 4, resetAfter=after), dense(4, 2)]
        yield case("gru" if after else "gru-reset-before", gru, squared)
    yield case("gru-17", [recurrent("gru", 1, 17, resetAfter=True), dense(17, 18)], squared)
    yield case("lstm", [recurrent("lstm", 3, 5), recurrent("lstm", 5, 4), dense(4, 2)], squared)
    yield case("embedding", [embedding(7, 4), recurrent("rnn", 4, 3, activation="tanh"), dense(3, 1)], squared)
    for activation in ("sigmoid", "tanh", "relu"):
        yield case(f"dense-{activation}", [dense(3, 6, activation), dense(6, 2, activation)], squared)
    yield case("dense-softmax", [dense(3, 4, "softmax")], squared)
    losses = [("absolute", 2, {}), ("huber", 2, {"delta": 0.5}), ("gaussian", 4, {}), ("binary", 2, {}),
              ("categorical", 3, {}), ("pinball", 8, {"delta": 0.7, "levels": [0.1, 0.5, 0.9]})]
    for kind, outputs, more in losses:
        head = dense(5, outputs, {"binary": "sigmoid", "categorical": "softmax"}.get(kind, "linear"))
        loss = {"kind": kind, **more}
        yield case(f"loss-{kind}", [recurrent("gru", 3, 5, resetAfter=True), head], loss)


def optimiser(name, kind, options, clip=None):
    """Float32 as the product's, from the same start, with the same gradients."""
    start, gradients = torch.randn(7), torch.randn(12, 7) * torch.logspace(-3, 1, 7)
    weights = start.clone().requires_grad_()
    engine = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[kind]([weights], lr=0.05, **options)
    after = []
    for gradient in gradients:
        weights.grad = gradient.clone()
        engine.step()
        after.append(numbers(weights))
    return {"name": name, "kind": kind, "rate": 0.05, "options": options, "start": numbers(start),
            "gradients": [numbers(g) for g in gradients], "after": after}


def optimisers():
    yield optimiser("adam", "adam", {"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0})
    yield optimiser("adam-decay", "adam", {"betas": [0.8, 0.99], "eps": 1e-3, "weight_decay": 0.1})
    yield optimiser("rmsprop", "rmsprop", {"alpha": 0.99, "eps": 1e-8, "momentum": 0, "weight_decay": 0})
    yield optimiser("rmsprop-momentum", "rmsprop", {"alpha": 0.9, "eps": 1e-5, "momentum": 0.7, "weight_decay": 0.1})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=20261122)
    torch.manual_seed(parser.parse_args().seed)
    print("{\"cases\": [")
    print(",\n".join(json.dumps(one) for one in cases()))
    print("],\n\"optimisers\": [")
    print(",\n".join(json.dumps(one) for one in optimisers()))
    print("]}")


if __name__ == "__main__":
    main()
