#!/usr/bin/env python3
"""Writes ONNX node tests with longer sequences than ONNX's own: onnx_nodes.py DIR

Expected values are PyTorch's, in float64 (the reset-before GRU from its equations, see ../Golden/golden.py).
"""
import os
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Golden"))
import golden  # noqa: E402

STEPS, BATCH, INPUTS, HIDDEN = 9, 3, 4, 6
LENGTHS = [9, 5, 7]
# Where ONNX's gate blocks stand in PyTorch's order: GRU z, r, h of r, z, n; LSTM i, o, f, c of i, f, g, o.
ORDER = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 3, 1, 2]}


def reordered(kind, tensor):
    blocks = tensor.chunk(golden.BLOCKS[kind])
    return torch.cat([blocks[i] for i in ORDER[kind]])


def expected(layer, tensors, x, h0, c0):
    """Y [steps, batch, hidden], zero behind the end of a sequence, and the last h and c."""
    cells = {"cell": golden.cell_of(layer, tensors)}
    y, last_h, last_c = torch.zeros(STEPS, BATCH, HIDDEN), torch.zeros(BATCH, HIDDEN), torch.zeros(BATCH, HIDDEN)
    for b in range(BATCH):
        states = {"cell": [h0[b], c0[b]] if layer["kind"] == "lstm" else [h0[b]]}
        for t in range(LENGTHS[b]):
            y[t, b] = golden.step(layer, tensors, cells, x[t, b], states)
        last_h[b], last_c[b] = states["cell"][0], states["cell"][-1]
    return y, last_h, last_c


def write(folder, kind, layer, attributes, layout):
    _, tensors = golden.recurrent("cell", kind, INPUTS, HIDDEN)
    x, h0, c0 = golden.weight(STEPS, BATCH, INPUTS) * 4, golden.weight(BATCH, HIDDEN), golden.weight(BATCH, HIDDEN)
    with torch.no_grad():
        y, last_h, last_c = expected(layer, tensors, x, h0, c0)
    biases = [reordered(kind, tensors[f"cell.bias_{part}"]) for part in ("ih", "hh")]
    axis = 0 if layout == 0 else 1  # where the one direction stands in the states

    def sequence(values):
        return values if layout == 0 else values.transpose(0, 1)

    inputs = {
        "X": sequence(x), "W": reordered(kind, tensors["cell.weight_ih"])[None],
        "R": reordered(kind, tensors["cell.weight_hh"])[None], "B": torch.cat(biases)[None],
        "lens": torch.tensor(LENGTHS, dtype=torch.int32), "h0": h0.unsqueeze(axis),
    }
    outputs = {"Y": sequence(y).unsqueeze(1 if layout == 0 else 2), "Y_h": last_h.unsqueeze(axis)}
    if kind == "lstm":
        inputs["c0"], outputs["Y_c"] = c0.unsqueeze(axis), last_c.unsqueeze(axis)
    inside = {"W", "R"}  # these are in the graph, the others come from outside
    node = helper.make_node(kind.upper(), list(inputs), list(outputs), hidden_size=HIDDEN, layout=layout, **attributes)
    arrays = {name: array_of(value) for name, value in {**inputs, **outputs}.items()}
    graph = helper.make_graph(
        [node], "node", [info(name, arrays[name]) for name in inputs if name not in inside],
        [info(name, arrays[name]) for name in outputs],
        [numpy_helper.from_array(arrays[name], name) for name in sorted(inside)])
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data)
    onnx.save(helper.make_model(graph), os.path.join(folder, "model.onnx"))
    for i, name in enumerate(name for name in inputs if name not in inside):
        save(os.path.join(data, f"input_{i}.pb"), name, arrays[name])
    for i, name in enumerate(outputs):
        save(os.path.join(data, f"output_{i}.pb"), name, arrays[name])


def array_of(tensor):
    array = tensor.contiguous().numpy()
    return array if array.dtype == np.int32 else array.astype(np.float32)


def info(name, array):
    kind = TensorProto.INT32 if array.dtype == np.int32 else TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, array.shape)


def save(path, name, array):
    with open(path, "wb") as file:
        file.write(numpy_helper.from_array(array, name).SerializeToString())


def main():
    torch.manual_seed(5)
    kinds = {
        "rnn_tanh": ("rnn", {}, {}), "rnn_relu": ("rnn", {"activation": "relu"}, {"activations": ["Relu"]}),
        "gru": ("gru", {}, {"linear_before_reset": 1}), "gru_before": ("gru", {"resetAfter": False}, {}),
        "lstm": ("lstm", {}, {}),
    }
    for name, (kind, more, attributes) in kinds.items():
        for layout in (0, 1):
            layer = {"name": "cell", "kind": kind, "inputs": INPUTS, "hidden": HIDDEN, **more}
            write(os.path.join(sys.argv[1], f"{name}_{layout}"), kind, layer, attributes, layout)


if __name__ == "__main__":
    main()
