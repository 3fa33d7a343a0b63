using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Tests;

namespace Realtime.Gpu.Tests;

/// <summary>The PTX that is checked in: made of the source as it is, and as good as it was.</summary>
public sealed partial class PtxTests
{
    private const string Compiler = "/usr/bin/clang-19";

    public static TheoryData<string> Variants => new(KernelVariant.All.Select(variant => variant.Name));

    [ClangFact]
    public void Made_again_it_is_the_same()
    {
        string folder = Directory.CreateTempSubdirectory("ptx").FullName;
        try
        {
            using Process process = Process.Start(Path.Combine(Repository.Root, "script", "gpu-ptx"), folder)!;
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            foreach (KernelVariant variant in KernelVariant.All)
            {
                byte[] made = File.ReadAllBytes(Path.Combine(folder, variant.PtxName));
                Assert.True(made.AsSpan().SequenceEqual(KernelVariant.Resource(variant.PtxName)),
                    $"{variant.PtxName} is not what script/gpu-ptx makes of step.cl: run it");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_script_compiles_a_variant_as_OpenCL_does(string name)
    {
        KernelVariant variant = KernelVariant.All.Single(one => one.Name == name);
        string script = File.ReadAllText(Path.Combine(Repository.Root, "script", "gpu-ptx"));
        Assert.Contains($"\"{name} {variant.Definitions}\"", script, StringComparison.Ordinal);
    }

    /// <summary>Sums stay in registers, are fused, and read four values at a time.</summary>
    [Theory]
    [MemberData(nameof(Variants))]
    public void It_has_no_spills_and_has_what_makes_it_fast(string name)
    {
        KernelVariant variant = KernelVariant.All.Single(one => one.Name == name);
        string ptx = Encoding.UTF8.GetString(KernelVariant.Resource(variant.PtxName));
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("call", ptx, StringComparison.Ordinal);
        foreach (string kernel in new[] { "step_wave", "gather", "scatter", "average", "feed_back" })
            Assert.Contains($".visible .entry {kernel}(", ptx, StringComparison.Ordinal);
        // Every sum of every cell: gates, four terms and streams.
        int fused = Fused().Count(ptx), least = 4 * variant.Streams * (1 + 1 + 3 + 3 + 1 + 1 + 2 + 1 + 1 + 4 + 4);
        Assert.True(fused >= least, $"{fused} fma, expected at least {least}");
        string tile = variant.IsWide ? "ld.global.v4.f32" : "ld.shared.v4.f32";
        Assert.Contains(tile, ptx, StringComparison.Ordinal);
        Assert.Contains("ld.global.nc.v4.f32", ptx, StringComparison.Ordinal);
        Assert.Equal(!variant.IsWide, ptx.Contains(".extern .shared", StringComparison.Ordinal));
        Assert.Contains(".version 7.0", ptx, StringComparison.Ordinal);
        Assert.Contains(".target sm_80", ptx, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"fma\.rn\.f32")]
    private static partial Regex Fused();

    /// <summary>A fact that needs the compiler; skipped where it is not installed.</summary>
    private sealed class ClangFactAttribute : FactAttribute
    {
        public ClangFactAttribute()
        {
            if (!File.Exists(Compiler)) Skip = $"SKIPPED: no {Compiler} (Debian: clang-19)";
        }
    }
}
