using Realtime.Gpu;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>
/// An OpenCL library that hands everything on to the real one until its device is to fail, or to be gone; for processes
/// with <see cref="Environment"/>.
/// </summary>
internal sealed class FaultyOpenCl
{
    private readonly string _failing;
    private readonly string _gone;

    private FaultyOpenCl(string folder)
    {
        (_failing, _gone) = (Path.Combine(folder, "failing"), Path.Combine(folder, "gone"));
        Environment = new Dictionary<string, string>
        {
            ["LD_LIBRARY_PATH"] = folder,
            ["REALTIME_REAL_OPENCL"] = Real!,
            ["REALTIME_FAILING"] = _failing,
            ["REALTIME_GONE"] = _gone,
        };
    }

    /// <summary>Null where it can be had.</summary>
    public static string? Missing =>
        GpuDevices.Find("pocl").Chosen is null ? "NOT TESTED: no OpenCL device 'pocl' (Debian: pocl-opencl-icd)"
        : !Command.Exists("gcc") ? "NOT TESTED: no C compiler (Debian: gcc libc6-dev)"
        : null;

    public Dictionary<string, string> Environment { get; }

    /// <summary>Whatever waits for the device fails.</summary>
    public bool IsFailing
    {
        set => Set(_failing, value);
    }

    /// <summary>There is no device, for whoever looks.</summary>
    public bool IsGone
    {
        set => Set(_gone, value);
    }

    /// <summary>Compiles it into a folder.</summary>
    public static async Task<FaultyOpenCl> MakeAsync(string folder)
    {
        var source = Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "faults", "opencl.c");
        using var compiler = new Child(
            "gcc", ["-shared", "-fPIC", "-O1", "-o", Path.Combine(folder, "libOpenCL.so.1"), source, "-ldl"]);
        var code = await compiler.WaitAsync(TimeSpan.FromSeconds(60), "compiling an OpenCL library");
        Assert.True(code == 0, compiler.Everything);
        return new FaultyOpenCl(folder);
    }

    // This process has found a device through it.
    private static string? Real => File.ReadLines("/proc/self/maps")
        .Select(static line => line[(line.LastIndexOf(' ') + 1)..])
        .FirstOrDefault(static file => Path.GetFileName(file).StartsWith("libOpenCL.so", StringComparison.Ordinal));

    private static void Set(string file, bool isThere)
    {
        if (isThere)
            File.WriteAllText(file, "");
        else
            File.Delete(file);
    }
}

/// <summary>A fact about a device that fails; skipped, saying why, where none can be made to.</summary>
internal sealed class FaultyDeviceFactAttribute : FactAttribute
{
    public FaultyDeviceFactAttribute() => Skip = FaultyOpenCl.Missing;
}
