using System.Diagnostics;
using Realtime.Cells.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>
/// The kernels under Oclgrind, which simulates every work item and reports data races and accesses out of bounds. It
/// runs in a process of its own, where it is the only OpenCL driver.
/// </summary>
public sealed class OclgrindTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [OclgrindFact]
    public void The_kernels_have_no_race_and_stay_in_bounds()
    {
        (int code, string output) = Run("-", [.. RandomModels.Cells, "embedding", "roll-out"]);
        Assert.True(code == 0, output);
        Assert.Contains("stepped 7 cells on Oclgrind", output, StringComparison.Ordinal);
        foreach (string fault in new[] { "race", "Invalid", "rror" })
            Assert.DoesNotContain(fault, output, StringComparison.Ordinal);
    }

    [OclgrindFact]
    public void A_planted_race_is_found()
    {
        (_, string output) = Run("PLANT_RACE", ["gru"]);
        Assert.Contains("data race", output, StringComparison.Ordinal);
    }

    [OclgrindFact]
    public void A_planted_index_is_found()
    {
        (_, string output) = Run("PLANT_INDEX", ["gru"]);
        Assert.Contains("Invalid write", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Run(string plant, string[] cells)
    {
        string vendors = Directory.CreateTempSubdirectory("oclgrind").FullName;
        try
        {
            File.WriteAllText(Path.Combine(vendors, "oclgrind.icd"), OclgrindFactAttribute.Driver + "\n");
            string program = typeof(OclgrindTests).Assembly.Location;
            var start = new ProcessStartInfo("dotnet", [program, "oclgrind", plant, .. cells])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment["OCL_ICD_VENDORS"] = vendors;
            start.Environment["OCLGRIND_DATA_RACES"] = "1";
            start.Environment["OCLGRIND_MAX_ERRORS"] = "5";
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Limit))
            {
                process.Kill();
                Assert.Fail($"not done after {Limit}");
            }

            return (process.ExitCode, output.Result + error.Result);
        }
        finally
        {
            Directory.Delete(vendors, recursive: true);
        }
    }
}

/// <summary>A fact that needs Oclgrind; skipped where it is not installed.</summary>
internal sealed class OclgrindFactAttribute : FactAttribute
{
    public const string Driver = "/usr/lib/oclgrind/liboclgrind-rt-icd.so";

    public OclgrindFactAttribute()
    {
        if (!File.Exists(Driver)) Skip = $"SKIPPED: no {Driver} (Debian: oclgrind)";
    }
}
