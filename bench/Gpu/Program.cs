using System.Globalization;
using Realtime.Gpu;

namespace Realtime.Bench.Gpu;

/// <summary>
/// One card, by itself: Bench.Gpu [DEVICE [STREAMS [ROUNDS]]] [--out FOLDER] checks the kernels against the scalar
/// reference, measures them and PyTorch in turns, prints the table of docs/performance.md and writes
/// FOLDER/summary.json. DEVICE is part of a name, a place in the list, or "any". Ends with 1 where a kernel is wrong.
/// </summary>
internal static class Program
{
    private const int ClaimedStreams = 1_000_000;

    private static int Main(string[] arguments)
    {
        List<string> given = [.. arguments];
        int at = given.IndexOf("--out");
        string folder = "results";
        if (at >= 0 && at + 1 < given.Count)
        {
            folder = given[at + 1];
            given.RemoveRange(at, 2);
        }

        if (given.Count > 3 || !TryNumber(given, 1, ClaimedStreams, out int streams)
            || !TryNumber(given, 2, 7, out int rounds))
        {
            Console.Error.WriteLine("expected [DEVICE [STREAMS [ROUNDS]]] [--out FOLDER]");
            return 64;
        }

        GpuSearch search = GpuDevices.Find(given.Count > 0 && given[0] != "any" ? given[0] : null);
        if (search.Chosen is { } device) return Run(device, streams, rounds, folder);
        Console.Error.WriteLine(search.Reason);
        return 78;
    }

    private static int Run(GpuDevice device, int streams, int rounds, string folder)
    {
        string card = $"{device.Name}, {device.Driver}, {device.Memory >> 20} MiB";
        Console.WriteLine($"# {card} by {device.Api}");
        using GpuContext context = GpuDevices.Open(device);
        if (!Parity.Holds(context)) return 1;
        var figures = new Figures(card, !device.IsCpu && streams == ClaimedStreams);
        using Torch? torch = Torch.Start(device.IsCpu, out string reason);
        Console.WriteLine(torch is null ? $"LEFT OUT: PyTorch: {reason}" : $"# beside it {torch.Version}");
        using (var card64 = new Measurements(context, figures, torch, streams))
        {
            for (int round = 1; round <= rounds; round++)
            {
                card64.Round();
                Console.WriteLine($"round {round} of {rounds} measured");
            }

            card64.Expect();
        }

        figures.Print(Console.Out);
        if (torch is null) Console.WriteLine($"LEFT OUT: what stands beside PyTorch: {reason}");
        figures.Save(folder);
        return 0;
    }

    private static bool TryNumber(List<string> given, int at, int fallback, out int number)
    {
        number = fallback;
        return at >= given.Count
            || int.TryParse(given[at], NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
    }
}
