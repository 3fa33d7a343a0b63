using System.Diagnostics;
using System.Globalization;
using Realtime.Daemon.Bench;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>
/// One step of GRU and LSTM cells beside ONNX Runtime and PyTorch: same weights, same inputs, one thread each, values
/// compared before anything is timed, rounds of the programs in turn.
/// </summary>
internal sealed class KernelComparison(BenchContext context, PeerProcess? onnx, PeerProcess? torch)
{
    private const int StepsCompared = 200;
    private const double Tolerance = 1e-5;
    private const double WarmUpMilliseconds = 330;

    private static readonly int[] Sizes = [8, 16, 32, 64, 128, 256];

    // Beyond it the program is measured alone.
    private const int LargestCompared = 128;

    private double Sample => context.Quick ? 20 : 60;

    public static void Run(BenchContext context)
    {
        foreach (var claim in Claims.All.Keys.Where(static name => name.StartsWith("gru", StringComparison.Ordinal)
            || name.StartsWith("lstm", StringComparison.Ordinal)))
            context.Results.Attempt(claim);
        using var onnx = PeerProcess.TryStart(
            "ONNX Runtime", context.PathOf("ort_step"), context.PathOf("libonnxruntime.so"));
        using var torch = PeerProcess.TryStart("PyTorch", "/usr/bin/python3", context.PathOf("torch_step.py"));
        new KernelComparison(context, onnx, torch).Run();
    }

    private void Run()
    {
        CellWeights.Write(context.PathOf("inputs.bin"), CellWeights.InputValues());
        Console.WriteLine();
        Console.WriteLine("# One step of a cell, input 1, one thread: ns per stream (median over rounds), and ratios");
        Console.WriteLine($"# beside {onnx?.Version ?? "no ONNX Runtime"}, {torch?.Version ?? "no PyTorch"}");
        Console.WriteLine(
            "cell      batch       ours        ORT    PyTorch   ORT/ours torch/ours   largest difference");
        foreach (var cell in new[] { "gru", "lstm" })
        {
            foreach (var hidden in Sizes)
            {
                var weights = new CellWeights(cell, hidden);
                var models = WriteModels(weights);
                Compare(weights, 1, models);
                Compare(weights, 1024, models);
            }
        }
    }

    private (string Raw, string Onnx) WriteModels(CellWeights weights)
    {
        var raw = context.PathOf($"{weights.Cell}-{weights.Hidden}.bin");
        var model = Path.ChangeExtension(raw, ".onnx");
        CellWeights.Write(raw, weights.Values());
        if (onnx is null || weights.Hidden > LargestCompared)
            return (raw, model);
        using var writer = Process.Start(
            "/usr/bin/python3",
            [
                context.PathOf("write_onnx.py"), weights.Cell, weights.Hidden.ToString(CultureInfo.InvariantCulture),
                raw, model,
            ]);
        writer.WaitForExit();
        return writer.ExitCode == 0 ? (raw, model) : throw new InvalidOperationException($"{model} was not written");
    }

    private void Compare(CellWeights weights, int batch, (string Raw, string Onnx) models)
    {
        using var own = new OwnCell(weights, batch);
        var (ort, pytorch) = weights.Hidden <= LargestCompared ? (onnx, torch) : (null, null);
        var inputs = context.PathOf("inputs.bin");
        ort?.Load(weights, batch, models.Onnx, inputs);
        pytorch?.Load(weights, batch, models.Raw, inputs);
        var difference = Math.Max(Difference(own, ort), Difference(own, pytorch));
        var name = $"{weights.Cell}-{weights.Hidden}-b{batch}";
        if (difference > Tolerance)
            throw new InvalidOperationException($"{name}: values differ by {difference}, more than {Tolerance}");

        own.WarmUp(WarmUpMilliseconds);
        ort?.Time(WarmUpMilliseconds / 3);
        pytorch?.Time(WarmUpMilliseconds / 3);
        List<double> ours = [], orts = [], torches = [], floors = [];
        for (var round = 0; round < context.Rounds; round++)
        {
            ours.Add(own.Time(Sample) / batch);
            if (ort is not null)
                orts.Add(ort.Time(Sample) / batch);
            if (pytorch is not null)
                torches.Add(pytorch.Time(Sample) / batch);
            if (name == "gru-32-b1024" && Floor.OfGru(weights.Hidden, Sample) is { } floor)
                floors.Add(floor);
        }

        Report(name, "ours", ours, []);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{weights.Cell,-4} {weights.Hidden,3} {batch,6} {Median(ours)} {Median(orts)} {Median(torches)} ")
            + $"{Report(name, "ort", orts, ours)} {Report(name, "torch", torches, ours)}";
        Console.WriteLine(
            ort is null && pytorch is null
                ? line.TrimEnd()
                : line + string.Create(CultureInfo.InvariantCulture, $"   {difference:E1}"));
        if (name == "gru-32-b1024")
            ReportFloor(ours, floors);
    }

    private double Difference(OwnCell own, PeerProcess? peer)
    {
        if (peer is null)
            return 0;
        var states = context.PathOf("states.bin");
        peer.WriteStates(StepsCompared, states);
        var difference = own.LargestDifference(states, StepsCompared);
        File.Delete(states);
        return difference;
    }

    private static string Median(List<double> rounds) => rounds.Count == 0
        ? $"{"-",10}"
        : string.Create(CultureInfo.InvariantCulture, $"{Spread.Of(rounds).Median,10:F1}");

    // Keeps the rounds, and the claim on peer over ours where there is one.
    private string Report(string name, string peer, List<double> rounds, List<double> ours)
    {
        if (rounds.Count == 0)
            return $"{"-",10}";
        context.Results.Keep("kernels", $"{name} {peer}, ns per stream", rounds);
        if (ours.Count == 0)
            return "";
        var ratio = Spread.OfRatios(rounds, ours);
        if (Claims.All.ContainsKey($"{name}-{peer}"))
            context.Results.Add($"{name}-{peer}", ratio);
        return string.Create(CultureInfo.InvariantCulture, $"{ratio.Median,10:F2}");
    }

    private void ReportFloor(List<double> ours, List<double> floors)
    {
        if (floors.Count == 0)
        {
            Console.WriteLine("LEFT OUT: the floor is that of vectors, which this machine lacks; its row is missing");
            return;
        }

        context.Results.Keep("kernels", "gru-32-b1024 floor, ns per stream", floors);
        context.Results.Add("gru-32-b1024-floor", Spread.OfRatios(ours, floors));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"          floor {Spread.Of(floors).Median,10:F1}   multiply-adds in registers and 6 tanh of 16 floats"));
    }
}
