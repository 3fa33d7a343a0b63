#!/usr/bin/env python3
"""Golden values for every cell and head, computed by PyTorch in float64 from float32 weights.

    golden.py [--seed N] [--hidden N] [--steps N] > golden.json
    golden.py --models DIR ...      also writes each case as a model file, DIR/NAME.safetensors

golden.json beside this script is its output with the defaults. The reset-before GRU, which PyTorch has not, is written
out from its equations.
"""
import argparse
import json
import os
import struct

import torch

BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}
HEADS = ["linear", "sigmoid", "tanh", "relu", "softmax"]
ACTIVATIONS = {
    "linear": lambda a: a, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
    "softmax": lambda a: torch.softmax(a, 0),
}


def weight(*shape):
    """float32 values, held in float64."""
    return ((torch.rand(*shape) * 2 - 1) * shape[-1] ** -0.5).double()


def recurrent(name, kind, inputs, hidden, **more):
    rows = BLOCKS[kind] * hidden
    layer = {"name": name, "kind": kind, "inputs": inputs, "hidden": hidden, **more}
    return layer, {
        f"{name}.weight_ih": weight(rows, inputs), f"{name}.weight_hh": weight(rows, hidden),
        f"{name}.bias_ih": weight(rows), f"{name}.bias_hh": weight(rows),
    }


def dense(name, inputs, outputs, activation):
    layer = {"name": name, "kind": "dense", "inputs": inputs, "outputs": outputs, "activation": activation}
    return layer, {f"{name}.weight": weight(outputs, inputs), f"{name}.bias": weight(outputs)}


def embedding(name, vocabulary, outputs):
    layer = {"name": name, "kind": "embedding", "vocabulary": vocabulary, "outputs": outputs}
    return layer, {f"{name}.weight": weight(vocabulary, outputs)}


def dropout(name, rate):
    return {"name": name, "kind": "dropout", "rate": rate}, {}


def cell_of(layer, tensors):
    """PyTorch's own cell with these weights."""
    inputs, hidden = layer["inputs"], layer["hidden"]
    if layer["kind"] == "rnn":
        cell = torch.nn.RNNCell(inputs, hidden, nonlinearity=layer.get("activation", "tanh"))
    else:
        cell = {"gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[layer["kind"]](inputs, hidden)
    cell = cell.double()
    for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(cell, part).data.copy_(tensors[f"{layer['name']}.{part}"])
    return cell


def gru_reset_before(layer, tensors, x, h):
    """r, z = s(W_i x + b_i + W_h h + b_h); n = tanh(W_in x + b_in + W_hn (r h) + b_hn); h' = (1 - z) n + z h."""
    w_i, w_h, b_i, b_h = (tensors[f"{layer['name']}.{part}"].chunk(3)
                          for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    r, z = (torch.sigmoid(w_i[g] @ x + b_i[g] + w_h[g] @ h + b_h[g]) for g in (0, 1))
    n = torch.tanh(w_i[2] @ x + b_i[2] + w_h[2] @ (r * h) + b_h[2])
    return (1 - z) * n + z * h


def step(layer, tensors, cells, x, states):
    name, kind = layer["name"], layer["kind"]
    if kind == "embedding":
        return tensors[f"{name}.weight"][int(x[0])]
    if kind == "dropout":
        return x
    if kind == "dense":
        return ACTIVATIONS[layer["activation"]](tensors[f"{name}.weight"] @ x + tensors[f"{name}.bias"])
    zeros = torch.zeros(layer["hidden"], dtype=torch.float64)
    state = states.get(name, [zeros, zeros] if kind == "lstm" else [zeros])
    if kind == "gru" and not layer.get("resetAfter", True):
        state = [gru_reset_before(layer, tensors, x, state[0])]
    elif kind == "lstm":
        state = [s[0] for s in cells[name](x[None], (state[0][None], state[1][None]))]
    else:
        state = [cells[name](x[None], state[0][None])[0]]
    states[name] = state
    return state[0]


def case(name, layers, xs):
    tensors = {}
    for _, weights in layers:
        tensors.update(weights)
    layers = [layer for layer, _ in layers]
    outputs = layers[-1]["outputs"]
    description = {
        "format": 1, "name": name, "inputs": [f"x{i}" for i in range(len(xs[0]))], "normalise": {"kind": "none"},
        "layers": layers,
        "forecast": {"horizons": list(range(1, outputs + 1)), "outputs": ["y"], "quantiles": []},
    }
    cells = {layer["name"]: cell_of(layer, tensors) for layer in layers if layer["kind"] in BLOCKS}
    states, ys = {}, []
    with torch.no_grad():
        for row in xs:
            x = row
            for layer in layers:
                x = step(layer, tensors, cells, x, states)
            ys.append(x.tolist())
    return {
        "description": description,
        "tensors": {key: {"shape": list(t.shape), "values": t.flatten().tolist()} for key, t in tensors.items()},
        "x": xs.tolist(), "y": ys,
        "state": [value for layer in layers for part in states.get(layer["name"], []) for value in part.tolist()],
    }


def cases(hidden, steps):
    def inputs(count):
        return ((torch.rand(steps, count) * 2 - 1) * 2).double()

    kinds = {
        "rnn-tanh": ("rnn", {}), "rnn-relu": ("rnn", {"activation": "relu"}), "gru": ("gru", {}),
        "gru-reset-before": ("gru", {"resetAfter": False}), "lstm": ("lstm", {}),
    }
    for (name, (kind, more)), head in zip(kinds.items(), HEADS):
        cell = recurrent("cell", kind, 2, hidden, **more)
        yield case(name, [cell, dense("head", hidden, 2, head)], inputs(2))
    yield case("stack", [
        recurrent("a", "gru", 1, hidden), dropout("drop", 0.5), dense("mid", hidden, hidden + 1, "tanh"),
        recurrent("b", "lstm", hidden + 1, hidden), dense("head", hidden, 3, "linear"),
    ], inputs(1))
    yield case("tokens", [
        embedding("tokens", 5, hidden), recurrent("cell", "lstm", hidden, hidden),
        dense("head", hidden, 3, "softmax"),
    ], torch.randint(0, 5, (steps, 1)).double())


def write_model(path, case):
    """A safetensors file: u64 header length, header, data."""
    header, data = {"__metadata__": {"realtime": json.dumps(case["description"])}}, b""
    for name, tensor in case["tensors"].items():
        values = struct.pack(f"<{len(tensor['values'])}f", *tensor["values"])
        header[name] = {"dtype": "F32", "shape": tensor["shape"], "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--hidden", type=int, default=3)
    options.add_argument("--steps", type=int, default=5)
    options.add_argument("--models")
    given = options.parse_args()
    torch.manual_seed(given.seed)
    made = list(cases(given.hidden, given.steps))
    if given.models:
        for one in made:
            write_model(os.path.join(given.models, one["description"]["name"] + ".safetensors"), one)
    print("[" + ",\n".join(json.dumps(one) for one in made) + "]")


if __name__ == "__main__":
    main()
