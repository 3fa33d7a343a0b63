"""Writes a cell's raw weights (weight_ih, weight_hh, bias_ih, bias_hh, float32, row blocks r z n or i f g o) as an ONNX
model of one node: write_onnx.py CELL HIDDEN WEIGHTS MODEL."""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

cell, hidden, weights, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
# ONNX has the gates of a GRU as z r h, those of an LSTM as i o f c.
order = [1, 0, 2] if cell == "gru" else [0, 3, 1, 2]
gates = len(order)
raw = numpy.fromfile(weights, numpy.float32)
sizes = [gates * hidden, gates * hidden * hidden, gates * hidden, gates * hidden]
w, r, b_ih, b_hh = numpy.split(raw, numpy.cumsum(sizes)[:-1])


def blocks(part, columns):
    return part.reshape(gates, hidden, columns)[order].reshape(gates * hidden, columns)


initializers = [
    numpy_helper.from_array(blocks(w, 1)[None], "W"),
    numpy_helper.from_array(blocks(r, hidden)[None], "R"),
    numpy_helper.from_array(numpy.concatenate([blocks(b_ih, 1), blocks(b_hh, 1)]).reshape(1, -1), "B"),
]
state = [1, "batch", hidden]


def tensor(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


if cell == "gru":
    node = helper.make_node(
        "GRU", ["x", "W", "R", "B", "", "h"], ["", "h2"], hidden_size=hidden, linear_before_reset=1)
    inputs, outputs = [tensor("h", state)], [tensor("h2", state)]
else:
    node = helper.make_node("LSTM", ["x", "W", "R", "B", "", "h", "c"], ["", "h2", "c2"], hidden_size=hidden)
    inputs, outputs = [tensor("h", state), tensor("c", state)], [tensor("h2", state), tensor("c2", state)]
graph = helper.make_graph([node], cell, [tensor("x", [1, "batch", 1])] + inputs, outputs, initializers)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
onnx.checker.check_model(model)
onnx.save(model, target)
