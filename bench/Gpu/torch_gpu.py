"""PyTorch beside the kernels: GRUCell and a linear head, states by index_select and index_copy, under a CUDA graph.

torch_gpu.py cuda|cpu  ->  "ready VERSION, DEVICE", then for each line read a line with microseconds, or why there are none:
step ROWS           one step of ROWS resident streams in random order
rollout ROWS STEPS  their states taken once, then steps whose forecasts are the next inputs
copy BYTES          BYTES copied from one tensor to another
On the processor there is no graph: that is only for trying this file out.
"""
import sys
import time

try:
    import torch
except ImportError as error:
    raise SystemExit(print(f"no PyTorch here: {error}"))

HIDDEN = 64


class Bench:
    def __init__(self, device):
        self.device, self.graphs = device, {}
        # Float32 all the way, which is PyTorch's default: said, so that no setting of a machine changes it.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.manual_seed(1)
        self.cell = torch.nn.GRUCell(1, HIDDEN).to(device)
        self.head = torch.nn.Linear(HIDDEN, 1).to(device)

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def graph_of(self, action):
        """What runs an action: a CUDA graph of it, or on the processor itself."""
        if self.device != "cuda":
            return action
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                action()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            action()
        return graph.replay

    def tensors(self, rows):
        states = torch.zeros(rows, HIDDEN, device=self.device)
        inputs = torch.rand(rows, 1, device=self.device)
        return states, inputs, torch.randperm(rows, device=self.device)

    def steps(self, rows, count):
        states, inputs, order = self.tensors(rows)
        outputs = torch.empty(rows, 1, device=self.device)

        def action():
            for _ in range(count):
                new = self.cell(inputs, states.index_select(0, order))
                states.index_copy_(0, order, new)
                outputs.copy_(self.head(new))

        return self.graph_of(action)

    def rollout(self, rows, count):
        states, inputs, order = self.tensors(rows)
        points = torch.empty(count, rows, 1, device=self.device)

        def action():
            state, x = states.index_select(0, order), inputs
            for step in range(count):
                state = self.cell(x, state)
                x = self.head(state)
                points[step].copy_(x)

        return self.graph_of(action)

    def copy(self, size):
        source = torch.ones(size // 4, device=self.device)
        target = torch.empty_like(source)
        return lambda: target.copy_(source)

    def of(self, name, make):
        if name not in self.graphs:
            self.graphs[name] = make()
            self.graphs[name]()
        return self.graphs[name]

    def time(self, action, times=1):
        """Microseconds of a run, the fastest of five: what disturbs it only makes it longer."""
        best = float("inf")
        for _ in range(5):
            self.wait()
            start = time.perf_counter_ns()
            for _ in range(times):
                action()
            self.wait()
            best = min(best, (time.perf_counter_ns() - start) / 1000)
        return best

    def measure(self, words):
        if words[0] == "step":
            rows = int(words[1])
            one = self.time(self.of((rows, 1), lambda: self.steps(rows, 1)))
            many = self.time(self.of((rows, 9), lambda: self.steps(rows, 9)))
            # The difference leaves out what a launch and the wait for it cost.
            return (many - one) / 8
        if words[0] == "rollout":
            rows, count = int(words[1]), int(words[2])
            return self.time(self.of((rows, count, "rollout"), lambda: self.rollout(rows, count)))
        copy = self.of(("copy", words[1]), lambda: self.copy(int(words[1])))
        return (self.time(copy, 9) - self.time(copy, 1)) / 8


def main():
    device = sys.argv[1]
    if device == "cuda" and not torch.cuda.is_available():
        print(f"PyTorch {torch.__version__} sees no CUDA device")
        return
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu, without a graph"
    print(f"ready PyTorch {torch.__version__}, {name}", flush=True)
    bench = Bench(device)
    for line in sys.stdin:
        try:
            with torch.no_grad():
                print(f"{bench.measure(line.split()):.6g}", flush=True)
        except RuntimeError as error:
            print(" ".join(str(error).split())[:300], flush=True)


main()
