"""What the peers with models of their own share: the model files, and predictions held against numpy."""
import json
import os

import numpy as np

import realtime_model as rm
from wire import expect_true

TOLERANCE = 1e-5  # of a number, or of 1 where that is more


def prepare(options, documents, more_streams=None):
    """Files of random weights in the folder named, and their entries of the configuration on standard output; each
    model has the streams NAME/*, and more_streams: name -> patterns."""
    rng, listed = np.random.default_rng(options.seed), []
    for document in documents:
        name = document["name"]
        rm.save_random(rng, os.path.join(options.prepare, f"{name}.safetensors"), document)
        patterns = [f"{name}/*"] + (more_streams or {}).get(name, [])
        listed.append({"name": name, "file": f"{name}.safetensors", "streams": patterns})
    print(json.dumps(listed))


def load(options, documents):
    """The models that prepare wrote, by name."""
    names = [document["name"] for document in documents]
    return {name: rm.Model.load(os.path.join(options.folder, f"{name}.safetensors")) for name in names}


def differs(found, wanted):
    """Which numbers are not those wanted."""
    return ~(np.abs(found - wanted) <= TOLERANCE * np.maximum(1.0, np.abs(wanted)))


def expect_prediction(prediction, wanted, what):
    """wanted: numpy's numbers, in the order of rm.flatten_wire."""
    found = np.array(rm.flatten_wire(prediction))
    expect_true(
        found.shape == wanted.shape and not differs(found, wanted).any(),
        f"{what}: expected {wanted.tolist()}, found {found.tolist()}",
    )
