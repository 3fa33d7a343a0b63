using BenchmarkDotNet.Running;
using Realtime.Bench.Kernels;

if (args is ["quick", ..]) QuickTiming.Run(args.AsSpan(1));
else BenchmarkSwitcher.FromAssembly(typeof(StepBenchmarks).Assembly).Run(args);
