using System.Globalization;

namespace Realtime.Gpu;

/// <summary>One way to compile the kernels' source. All give the same bits.</summary>
/// <param name="Name">Of its PTX, too.</param>
/// <param name="Streams">Streams of a work item.</param>
/// <param name="IsWide">What passes between layers lies in global memory.</param>
internal sealed record KernelVariant(string Name, int Streams, bool IsWide)
{
    /// <summary>Grows whenever the kernels' results change in any bit; recorded with the engine.</summary>
    public const int Version = 2;

    /// <summary>For many streams.</summary>
    public static readonly KernelVariant Many = new("step-many", 8, false);

    /// <summary>For few streams: more work groups, of fewer streams each.</summary>
    public static readonly KernelVariant Few = new("step-few", 2, false);

    /// <summary>For layers that do not fit into a work group's memory.</summary>
    public static readonly KernelVariant Wide = new("step-wide", 4, true);

    public static IReadOnlyList<KernelVariant> All { get; } = [Many, Few, Wide];

    public const string SourceName = "step.cl";

    /// <summary>The resource with its PTX.</summary>
    public string PtxName => Name + ".ptx";

    /// <summary>Preprocessor definitions.</summary>
    public string Definitions =>
        string.Create(CultureInfo.InvariantCulture, $"-DSTREAMS={Streams}{(IsWide ? " -DWIDE" : "")}");

    /// <summary>The one source of all variants.</summary>
    public static byte[] Source => Resource(SourceName);

    public static byte[] Resource(string name)
    {
        using Stream stream = typeof(KernelVariant).Assembly.GetManifestResourceStream(name)
            ?? throw new GpuException($"this build has no {name}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
