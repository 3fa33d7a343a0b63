using Realtime.Bench.Suite;
using Realtime.Bench.Suite.Accuracy;
using Realtime.Bench.Suite.EndToEnd;
using Realtime.Bench.Suite.Frames;
using Realtime.Bench.Suite.Kernels;
using Realtime.Bench.Suite.State;
using Realtime.Bench.Suite.Telemetry;
using Realtime.Bench.Suite.Training;

// Suite FOLDER DAEMON [quick] [PART …]: FOLDER has the peers' programs and gets the results, DAEMON is the program that
// is measured.
if (args.Length < 2)
{
    Console.Error.WriteLine(
        "found no folder and daemon, expected FOLDER DAEMON [quick] "
        + "[kernels|training|frames|daemon|state|telemetry|accuracy …]");
    return 64;
}

Dictionary<string, Action<BenchContext>> parts = new()
{
    ["kernels"] = KernelComparison.Run,
    ["training"] = TrainingComparison.Run,
    ["frames"] = FrameMeasurements.Run,
    ["daemon"] = DaemonComparison.Run,
    ["state"] = DurabilityComparison.Run,
    ["telemetry"] = TelemetryCost.Run,
    ["accuracy"] = AccuracyTables.Run,
};
// What telemetry costs takes many rounds more, and accuracy a training: a quick run leaves them to those who ask.
string[] slow = ["telemetry", "accuracy"];
string[] wanted = [.. args.Skip(2).Where(static word => word != "quick")];
if (wanted.FirstOrDefault(word => !parts.ContainsKey(word)) is { } unknown)
{
    Console.Error.WriteLine($"found {unknown}, expected quick, {string.Join(", ", parts.Keys)}");
    return 64;
}

var context = new BenchContext(Path.GetFullPath(args[0]), args[1], quick: args.Contains("quick"));
Console.WriteLine($"# {Machine.Line()}");
foreach (var (name, run) in parts)
{
    if (wanted.Length == 0 ? !context.Quick || !slow.Contains(name) : wanted.Contains(name))
        run(context);
}

context.Results.Save();
return 0;
