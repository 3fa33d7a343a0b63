"""The model file, version 1, read independently of the daemon: numpy in double precision over the file's weights.

Everything is vectorised over streams: one call steps S streams by one tick each.
"""
import copy
import json
import struct

import numpy as np

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}


def sigmoid(a):
    return 0.5 * (1.0 + np.tanh(0.5 * a))


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda a: a,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0.0),
    "softmax": softmax,
}


def tensor_shapes(layer):
    """The tensors of one layer of the document: name -> shape."""
    name, kind = layer["name"], layer["kind"]
    if kind in ("rnn", "gru", "lstm"):
        rows = {"rnn": 1, "gru": 3, "lstm": 4}[kind] * layer["hidden"]
        return {
            f"{name}.weight_ih": (rows, layer["inputs"]),
            f"{name}.weight_hh": (rows, layer["hidden"]),
            f"{name}.bias_ih": (rows,),
            f"{name}.bias_hh": (rows,),
        }
    if kind == "dense":
        return {f"{name}.weight": (layer["outputs"], layer["inputs"]), f"{name}.bias": (layer["outputs"],)}
    if kind == "embedding":
        return {f"{name}.weight": (layer["vocabulary"], layer["outputs"])}
    return {}


def narrow(tensor, dtype):
    """The bytes of a float32 tensor as dtype, and the float32 values those bytes stand for."""
    tensor = np.ascontiguousarray(tensor, dtype="<f4")
    if dtype == "F32":
        return tensor.tobytes(), tensor
    if dtype == "F16":
        half = tensor.astype("<f2")
        return half.tobytes(), half.astype("<f4")
    upper = (tensor.view("<u4") >> 16).astype("<u2")
    return upper.tobytes(), (upper.astype("<u4") << 16).view("<f4")


def write_safetensors(path, metadata, tensors, dtype="F32"):
    """Writes a safetensors file; returns the tensors as a reader widens them."""
    header, body, widened = {"__metadata__": metadata}, b"", {}
    for name, tensor in tensors.items():
        raw, widened[name] = narrow(tensor, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)
    return widened


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack_from("<Q", data)
    header, body, tensors = json.loads(data[8 : 8 + size]), data[8 + size :], {}
    metadata = header.pop("__metadata__", {})
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = body[begin:end]
        if entry["dtype"] == "BF16":
            flat = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        else:
            flat = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]).astype("<f4")
        tensors[name] = flat.reshape(entry["shape"])
    return metadata, tensors


class Streams:
    """What S streams of one model carry from tick to tick."""

    def __init__(self, model, count):
        inputs = len(model.inputs)
        self.count = count
        self.recurrent = {
            layer["name"]: {
                slot: np.zeros((count, layer["hidden"])) for slot in ("hc" if layer["kind"] == "lstm" else "h")
            }
            for layer in model.layers
            if "hidden" in layer
        }
        self.n = np.zeros((count, inputs))
        self.mean = np.zeros((count, inputs))
        self.variance = np.zeros((count, inputs))
        self.last = np.full((count, inputs), np.nan)
        self.forecast = np.full((count, inputs), np.nan)


class Prediction:
    """One tick of S streams: arrays with the stream as the first axis."""

    def __init__(self, mean, quantiles, classes, imputed, warming):
        self.mean, self.quantiles, self.classes = mean, quantiles, classes
        self.imputed, self.warming = imputed, warming

    def flat(self):
        """[S, numbers]: the order in which flatten_wire lays out a prediction from the wire."""
        if self.classes is not None:
            return self.classes
        parts = [self.mean] + [self.quantiles[q] for q in sorted(self.quantiles)]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


class Model:
    def __init__(self, document, tensors):
        self.document = document
        self.name = document["name"]
        self.inputs = document["inputs"]
        self.layers = document["layers"]
        self.normalise = document["normalise"]
        self.forecast = document["forecast"]
        self.classes = self.forecast.get("classes")
        self.weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
        self.embedding = self.layers[0]["kind"] == "embedding"
        self.vocabulary = self.layers[0].get("vocabulary")

    @staticmethod
    def load(path):
        metadata, tensors = read_safetensors(path)
        return Model(json.loads(metadata["realtime"]), tensors)

    def streams(self, count=1):
        return Streams(self, count)

    # One tick

    def step(self, streams, values):
        """Steps every stream by one tick. values: [S, inputs], NaN where missing."""
        values = np.asarray(values, dtype=np.float64).reshape(streams.count, len(self.inputs))
        missing = np.isnan(values)
        filled = np.where(missing, self._stand_ins(streams), values)
        streams.last = np.where(missing, streams.last, values)
        x = self._normalised(streams, filled, missing).astype(np.float32).astype(np.float64)
        for layer in self.layers:
            x = self._layer(streams, layer, x)
        result = self._finish(streams, x)
        result.imputed = missing.any(axis=1)
        return result

    def roll_out(self, streams, steps):
        """[S, steps, inputs]: the horizon-1 forecast is the next input, again and again, with the scales of now; the
        streams stay as they are."""
        return roll_out([self], [streams], steps)

    def ahead(self, streams, x):
        """One step of a roll-out, in place: the horizon-1 forecasts of the inputs, [S, inputs], in units of their
        scales."""
        if self.normalise["kind"] == "running":
            x = np.clip(x, -10.0, 10.0)
        for layer in self.layers:
            x = self._layer(streams, layer, x)
        y = x.reshape(streams.count, len(self.forecast["horizons"]), len(self.forecast["outputs"]), -1)
        return y[:, 0, self.order(), 0]

    def order(self):
        """Where the inputs stand among the outputs."""
        return [self.forecast["outputs"].index(name) for name in self.inputs]

    def scales(self, streams):
        """Mean and standard deviation of the inputs, [S, inputs] each."""
        mean, std = self._output_scale(streams)
        return mean[:, self.order()], std[:, self.order()]

    def _stand_ins(self, streams):
        """What a missing input takes: own forecast, else last value, else mean, else 0."""
        kind = self.normalise["kind"]
        mean = np.zeros_like(streams.last)
        if kind == "fixed":
            mean = mean + np.asarray(self.normalise["mean"], dtype=np.float64)
        elif kind == "running":
            mean = streams.mean
        stand_in = np.where(np.isnan(streams.last), mean, streams.last)
        return np.where(np.isnan(streams.forecast), stand_in, streams.forecast)

    def _normalised(self, streams, x, missing):
        kind = self.normalise["kind"]
        if kind == "none":
            return x
        if kind == "fixed":
            return (x - np.asarray(self.normalise["mean"])) / np.asarray(self.normalise["std"])
        n = streams.n + 1.0
        alpha = np.maximum(1.0 - 2.0 ** (-1.0 / self.normalise["halfLife"]), 1.0 / n)
        d = x - streams.mean
        streams.variance = np.where(missing, streams.variance, (1.0 - alpha) * (streams.variance + alpha * d * d))
        streams.mean = np.where(missing, streams.mean, streams.mean + alpha * d)
        streams.n = np.where(missing, streams.n, n)
        return np.clip((x - streams.mean) / self._sigma(streams), -10.0, 10.0)

    @staticmethod
    def _sigma(streams):
        sigma = np.sqrt(streams.variance)
        return np.where(sigma <= 1e-6 * np.maximum(np.abs(streams.mean), 1e-6), 1.0, sigma)

    def _layer(self, streams, layer, x):
        name, kind, weights = layer["name"], layer["kind"], self.weights
        if kind == "dropout":
            return x
        if kind == "embedding":
            return weights[f"{name}.weight"][x[:, 0].astype(np.int64)]
        if kind == "dense":
            return ACTIVATIONS[layer["activation"]](x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
        slots = streams.recurrent[name]
        w_hh, b_hh, h = weights[f"{name}.weight_hh"], weights[f"{name}.bias_hh"], slots["h"]
        a = x @ weights[f"{name}.weight_ih"].T + weights[f"{name}.bias_ih"]
        if kind == "rnn":
            slots["h"] = ACTIVATIONS[layer.get("activation", "tanh")](a + h @ w_hh.T + b_hh)
        elif kind == "lstm":
            i, f, g, o = np.split(a + h @ w_hh.T + b_hh, 4, axis=1)
            slots["c"] = sigmoid(f) * slots["c"] + sigmoid(i) * np.tanh(g)
            slots["h"] = sigmoid(o) * np.tanh(slots["c"])
        else:
            slots["h"] = self._gru(layer, a, h, w_hh, b_hh)
        return slots["h"]

    @staticmethod
    def _gru(layer, a, h, w_hh, b_hh):
        size = layer["hidden"]
        b = h @ w_hh[: 2 * size].T + b_hh[: 2 * size]
        r, z = sigmoid(a[:, :size] + b[:, :size]), sigmoid(a[:, size : 2 * size] + b[:, size:])
        w_n, b_n = w_hh[2 * size :], b_hh[2 * size :]
        if layer.get("resetAfter", True):
            n = np.tanh(a[:, 2 * size :] + r * (h @ w_n.T + b_n))
        else:
            n = np.tanh(a[:, 2 * size :] + (r * h) @ w_n.T + b_n)
        return (1.0 - z) * n + z * h

    def _finish(self, streams, y):
        warming = np.zeros(streams.count, dtype=bool)
        if self.normalise["kind"] == "running":
            warming = (streams.n < 2).any(axis=1)
        if self.classes is not None:
            return Prediction(
                None, None, np.concatenate([1.0 - y, y], axis=1) if y.shape[1] == 1 else y, None, warming
            )
        horizons, outputs, levels = self.forecast["horizons"], self.forecast["outputs"], self.forecast["quantiles"]
        y = y.reshape(streams.count, len(horizons), len(outputs), 1 + len(levels))
        mean, std = self._output_scale(streams)
        y = y * std[:, None, :, None] + mean[:, None, :, None]
        if horizons[0] == 1:
            for column, output in enumerate(outputs):
                if output in self.inputs:
                    streams.forecast[:, self.inputs.index(output)] = y[:, 0, column, 0]
        return Prediction(y[..., 0], {level: y[..., 1 + k] for k, level in enumerate(levels)}, None, None, warming)

    def _output_scale(self, streams):
        """Mean and standard deviation, [S, outputs], by which an output is mapped back."""
        outputs = self.forecast["outputs"]
        mean, std = np.zeros((streams.count, len(outputs))), np.ones((streams.count, len(outputs)))
        for column, output in enumerate(outputs):
            if output not in self.inputs:
                if "scale" in self.forecast:
                    mean[:, column] = self.forecast["scale"]["mean"][column]
                    std[:, column] = self.forecast["scale"]["std"][column]
                continue
            row = self.inputs.index(output)
            if self.normalise["kind"] == "fixed":
                mean[:, column], std[:, column] = self.normalise["mean"][row], self.normalise["std"][row]
            elif self.normalise["kind"] == "running":
                mean[:, column], std[:, column] = streams.mean[:, row], self._sigma(streams)[:, row]
        return mean, std


def roll_out(models, streams, steps):
    """An ensemble's roll-out: the mean of its members' forecasts is the next input of each. Scales are alike."""
    ahead = copy.deepcopy(streams)
    mean, std = models[0].scales(ahead[0])
    found = [np.mean([one.forecast for one in ahead], axis=0)]
    while len(found) < steps:
        x = (found[-1] - mean) / std
        found.append(mean + std * np.mean([m.ahead(one, x) for m, one in zip(models, ahead)], axis=0))
    return np.stack(found, axis=1)


def flatten_wire(prediction):
    """The numbers of a prediction from the wire, in the order of Prediction.flat."""
    if "classes" in prediction:
        return list(prediction["classes"].values())
    numbers = [x for row in prediction["mean"] for x in row]
    quantiles = prediction.get("quantiles", {})
    for level in sorted(quantiles, key=float):
        numbers += [x for row in quantiles[level] for x in row]
    return numbers


def random_tensors(rng, layers):
    tensors = {}
    for layer in layers:
        bound = 1.5 / np.sqrt(layer.get("hidden", layer.get("inputs", 1)))
        for name, shape in tensor_shapes(layer).items():
            tensors[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return tensors


def save_random(rng, path, document, dtype="F32"):
    """Fills a document with random weights, writes it to path, and returns the model as read back."""
    tensors = random_tensors(rng, document["layers"])
    return Model(document, write_safetensors(path, {"realtime": json.dumps(document)}, tensors, dtype))


def dense(name, inputs, outputs, activation="linear"):
    return {"name": name, "kind": "dense", "inputs": inputs, "outputs": outputs, "activation": activation}


def recurrent(name, kind, inputs, hidden, **more):
    return {"name": name, "kind": kind, "inputs": inputs, "hidden": hidden, **more}


def document(name, inputs, layers, forecast, normalise=None):
    return {
        "format": 1,
        "name": name,
        "inputs": inputs,
        "normalise": normalise or {"kind": "none"},
        "layers": layers,
        "forecast": forecast,
    }


def points(outputs, horizons=(1,), quantiles=(), **more):
    return {"horizons": list(horizons), "outputs": list(outputs), "quantiles": list(quantiles), **more}


def fixed(rng, inputs):
    return {
        "kind": "fixed",
        "mean": rng.uniform(-20, 20, inputs).round(3).tolist(),
        "std": rng.uniform(0.5, 4, inputs).round(3).tolist(),
    }


def every_kind(rng):
    """One random document for every kind of layer, normalisation and forecast: (document, dtype of its tensors)."""
    size = lambda: int(rng.integers(3, 41))
    a, b, c = size(), size(), size()
    three, abc = ["p", "q", "r"], ["ok", "worn", "fault"]
    return [
        (
            document(
                "rnn-tanh",
                ["value"],
                [recurrent("rnn0", "rnn", 1, a), dense("head", a, 3)],
                points(["value"], (1, 2, 3)),
            ),
            "F32",
        ),
        (
            document(
                "rnn-relu",
                ["p", "q"],
                [recurrent("rnn0", "rnn", 2, b, activation="relu"), dense("head", b, 2)],
                points(["p", "q"]),
                fixed(rng, 2),
            ),
            "F32",
        ),
        (
            document(
                "gru-running",
                ["value"],
                [recurrent("rnn0", "gru", 1, c), dense("head", c, 9)],
                points(["value"], (1, 5, 10), (0.1, 0.9)),
                {"kind": "running", "halfLife": 500},
            ),
            "F32",
        ),
        (
            document(
                "gru-before",
                ["p", "q"],
                [recurrent("rnn0", "gru", 2, a, resetAfter=False), dense("head", a, 4)],
                points(["q", "p"], (1, 4)),
                fixed(rng, 2),
            ),
            "F32",
        ),
        (
            document(
                "lstm-running",
                three,
                [recurrent("rnn0", "lstm", 3, b), dense("head", b, 2)],
                points(["r", "p"]),
                {"kind": "running", "halfLife": 7.5},
            ),
            "F32",
        ),
        (
            document(
                "stack",
                ["p", "q"],
                [
                    recurrent("rnn0", "gru", 2, a),
                    {"name": "drop", "kind": "dropout", "rate": 0.2},
                    recurrent("rnn1", "lstm", a, b),
                    recurrent("rnn2", "rnn", b, c, activation="tanh"),
                    recurrent("rnn3", "gru", c, a, resetAfter=False),
                    dense("head", a, 2),
                ],
                points(["p"], (1, 2)),
                fixed(rng, 2),
            ),
            "F32",
        ),
        (
            document(
                "tokens",
                ["token"],
                [
                    {"name": "embed", "kind": "embedding", "vocabulary": 11, "outputs": b},
                    recurrent("rnn0", "gru", b, a),
                    dense("head", a, 3, "softmax"),
                ],
                {"classes": abc},
            ),
            "F32",
        ),
        (
            document(
                "one-sigmoid",
                ["token"],
                [
                    {"name": "embed", "kind": "embedding", "vocabulary": 7, "outputs": c},
                    recurrent("rnn0", "lstm", c, b),
                    dense("head", b, 1, "sigmoid"),
                ],
                {"classes": ["ok", "fault"]},
            ),
            "F32",
        ),
        (
            document(
                "sigmoids",
                three,
                [recurrent("rnn0", "rnn", 3, a), dense("head", a, 3, "sigmoid")],
                {"classes": abc},
                fixed(rng, 3),
            ),
            "F32",
        ),
        (
            document(
                "dense-around",
                ["value"],
                [
                    dense("in", 1, b, "tanh"),
                    recurrent("rnn0", "gru", b, c),
                    dense("mid", c, a, "relu"),
                    dense("low", a, a, "sigmoid"),
                    dense("head", a, 8),
                ],
                points(["value"], (1, 3), (0.05, 0.5, 0.95)),
                {"kind": "running", "halfLife": 30},
            ),
            "F32",
        ),
        (
            document(
                "remaining",
                ["p", "q"],
                [recurrent("rnn0", "lstm", 2, a), dense("head", a, 1)],
                points(["remaining"], scale={"mean": [80.0], "std": [40.0]}),
                fixed(rng, 2),
            ),
            "F32",
        ),
        (
            document(
                "from-two",
                ["value"],
                [recurrent("rnn0", "gru", 1, b), dense("head", b, 2)],
                points(["value"], (2, 6)),
                fixed(rng, 1),
            ),
            "F32",
        ),
        (
            document("half", ["value"], [recurrent("rnn0", "gru", 1, c), dense("head", c, 1)], points(["value"])),
            "F16",
        ),
        (
            document(
                "brain",
                ["value"],
                [recurrent("rnn0", "lstm", 1, a), dense("head", a, 1)],
                points(["value"]),
                {"kind": "running", "halfLife": 50},
            ),
            "BF16",
        ),
    ]


def random_values(rng, model, ticks, streams, missing=0.0):
    """[ticks, streams, inputs] of plausible values, some missing; tokens for a model with an embedding."""
    inputs = len(model.inputs)
    if model.embedding:
        return rng.integers(0, model.vocabulary, (ticks, streams, 1)).astype(np.float64)
    level, spread = np.zeros(inputs), np.ones(inputs)
    if model.normalise["kind"] == "fixed":
        level, spread = np.asarray(model.normalise["mean"]), np.asarray(model.normalise["std"])
    elif model.normalise["kind"] == "running":
        level, spread = rng.uniform(-50, 50, (streams, inputs)), rng.uniform(0.5, 3, (streams, inputs))
    noise, values = np.zeros((streams, inputs)), np.empty((ticks, streams, inputs))
    for tick in range(ticks):
        noise = 0.9 * noise + 0.4 * rng.standard_normal((streams, inputs))
        values[tick] = level + spread * noise
    values[rng.random(values.shape) < missing] = np.nan
    return values
