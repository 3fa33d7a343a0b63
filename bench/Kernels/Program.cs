using BenchmarkDotNet.Running;
using Realtime.Bench.Kernels;

BenchmarkSwitcher.FromAssembly(typeof(StepBenchmarks).Assembly).Run(args);
