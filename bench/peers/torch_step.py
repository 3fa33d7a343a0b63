"""PyTorch stepping one recurrent cell, driven by lines on standard input as ort_step.c is; the model is the file of raw
weights (weight_ih, weight_hh, bias_ih, bias_hh, float32)."""
import sys
import time

import numpy
import torch

INPUTS = 1024


class Stepper:
    def __init__(self, kind, hidden, batch, weights, inputs):
        gates = 3 if kind == "gru" else 4
        self.lstm = kind == "lstm"
        self.batch = batch
        self.cell = (torch.nn.LSTMCell if self.lstm else torch.nn.GRUCell)(1, hidden)
        raw = torch.from_numpy(numpy.fromfile(weights, numpy.float32))
        sizes = [gates * hidden, gates * hidden * hidden, gates * hidden, gates * hidden]
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        for name, part in zip(names, torch.split(raw, sizes)):
            parameter = getattr(self.cell, name)
            parameter.copy_(part.reshape(parameter.shape))
        values = torch.from_numpy(numpy.fromfile(inputs, numpy.float32))
        # Row r's input at step t is number t + r, modulo INPUTS.
        twice = torch.cat([values, values])
        self.inputs = [twice[t:t + batch].reshape(batch, 1) for t in range(INPUTS)]
        zero = torch.zeros(batch, hidden)
        self.state = (zero, zero.clone()) if self.lstm else zero

    def run(self, first, steps):
        cell, inputs, state = self.cell, self.inputs, self.state
        for t in range(first, first + steps):
            state = cell(inputs[t % INPUTS], state)
        self.state = state

    def write_states(self, steps, path):
        with open(path, "wb") as file:
            for t in range(steps):
                self.run(t, 1)
                (self.state[0] if self.lstm else self.state).numpy().tofile(file)

    def time(self, milliseconds):
        calls, done = 1, 0
        start = time.thread_time_ns()
        while True:
            self.run(done, calls)
            done += calls
            spent = time.thread_time_ns() - start
            if spent >= milliseconds * 1e6:
                return spent / done
            # Looks at the clock about 16 times a sample.
            calls = int(done * milliseconds * 1e6 / 16 / max(spent, 1)) + 1


torch.set_num_threads(1)
print("PyTorch", torch.__version__, flush=True)
stepper = None
with torch.no_grad():
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "load":
            cell, hidden, batch, weights, inputs = arguments
            stepper = Stepper(cell, int(hidden), int(batch), weights, inputs)
            print("done", flush=True)
        elif command == "check":
            stepper.write_states(int(arguments[0]), arguments[1])
            print("done", flush=True)
        elif command == "time":
            print(*(f"{stepper.time(float(arguments[1])):.2f}" for _ in range(int(arguments[0]))), flush=True)
        else:
            sys.exit(f"torch_step: no command: {line}")
