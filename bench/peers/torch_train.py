"""PyTorch training a GRU with a linear head, driven by lines on standard input, one thread.

load WEIGHTS WINDOWS INPUTS HIDDEN OUTPUTS STEPS ROWS RATE: WEIGHTS are weight_ih, weight_hh, bias_ih, bias_hh of the
GRU, weight and bias of the head; WINDOWS are batches one behind the other, inputs [step][row][input], then targets
[step][row][output]; all float32. epoch: goes through all batches once, and says the nanoseconds of processor time and
the mean loss."""
import sys
import time

import numpy
import torch


class Trainer:
    def __init__(self, weights, windows, inputs, hidden, outputs, steps, rows, rate):
        self.gru = torch.nn.GRU(inputs, hidden)
        self.head = torch.nn.Linear(hidden, outputs)
        raw = torch.from_numpy(numpy.fromfile(weights, numpy.float32))
        parameters = [*self.gru.parameters(), *self.head.parameters()]
        with torch.no_grad():
            for parameter, part in zip(parameters, torch.split(raw, [p.numel() for p in parameters])):
                parameter.copy_(part.reshape(parameter.shape))
        self.parameters = parameters
        self.optimiser = torch.optim.Adam(parameters, lr=rate)
        size = steps * rows * (inputs + outputs)
        self.batches = []
        for batch in torch.from_numpy(numpy.fromfile(windows, numpy.float32)).reshape(-1, size):
            x, y = torch.split(batch, [steps * rows * inputs, steps * rows * outputs])
            self.batches.append((x.reshape(steps, rows, inputs), y.reshape(steps, rows, outputs)))

    def epoch(self):
        start = time.process_time_ns()
        total = 0.0
        for x, y in self.batches:
            self.optimiser.zero_grad()
            loss = torch.nn.functional.mse_loss(self.head(self.gru(x)[0]), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.optimiser.step()
            total += loss.item()
        return time.process_time_ns() - start, total / len(self.batches)


torch.set_num_threads(1)
print("PyTorch", torch.__version__, flush=True)
trainer = None
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "load":
        trainer = Trainer(*arguments[:2], *map(int, arguments[2:7]), float(arguments[7]))
        print("done", flush=True)
    elif command == "epoch":
        print(*trainer.epoch(), flush=True)
    else:
        sys.exit(f"torch_train: no command: {line}")
