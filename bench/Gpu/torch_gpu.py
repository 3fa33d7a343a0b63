"""PyTorch on the same card: GRUCell with index_select and index_copy under a CUDA graph, and how fast the card copies."""
import statistics
import time

import torch

HIDDEN, ROUNDS = 64, 7


def graph_of(rows, steps, inputs, cell, states, order):
    def step():
        for _ in range(steps):
            states.index_copy_(0, order, cell(inputs, states.index_select(0, order)))

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph


def median(action):
    times = []
    for _ in range(ROUNDS):
        torch.cuda.synchronize()
        start = time.perf_counter_ns()
        action()
        torch.cuda.synchronize()
        times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times)


def main():
    if not torch.cuda.is_available():
        raise SystemExit(f"LEFT OUT: PyTorch {torch.__version__} sees no CUDA device")
    print(f"# PyTorch {torch.__version__}, {torch.cuda.get_device_name()}")
    for rows in 1024, 10_000, 100_000, 1_000_000:
        cell = torch.nn.GRUCell(1, HIDDEN).cuda()
        states = torch.zeros(rows, HIDDEN, device="cuda")
        inputs, order = torch.rand(rows, 1, device="cuda"), torch.randperm(rows, device="cuda")
        with torch.no_grad():
            one = graph_of(rows, 1, inputs, cell, states, order)
            many = graph_of(rows, 16, inputs, cell, states, order)
            single, sixteen = median(one.replay), median(many.replay)
        print(f"PyTorch step {rows} resident: {(sixteen - single) / 15:.5g} us")
        print(f"PyTorch roll-out of 16 steps {rows} resident: {sixteen:.5g} us")
    a = torch.empty(1 << 28, device="cuda")
    b = torch.empty_like(a)
    b.copy_(a)
    print(f"copy bandwidth: {2 * 4 * (1 << 28) / median(lambda: b.copy_(a)) / 1e3:.5g} GB/s")


main()
