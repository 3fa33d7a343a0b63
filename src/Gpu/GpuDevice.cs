namespace Realtime.Gpu;

/// <summary>A compute device the program could step models on.</summary>
public sealed record GpuDevice
{
    /// <summary>"cuda" or "opencl".</summary>
    public required string Api { get; init; }

    /// <summary>As its driver calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Driver or platform and version, in words.</summary>
    public required string Driver { get; init; }

    /// <summary>It is this machine's processor under another name: for tests, slower than the CPU engine.</summary>
    public bool IsCpu { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long Memory { get; init; }

    /// <summary>Place in the platform's own list, and the platform's among the platforms.</summary>
    internal (int Platform, int Device) Place { get; init; }

    public override string ToString() => $"{Api} {Name}";

    /// <summary>Whether a part of its name, API or driver is meant, in any case of letters.</summary>
    internal bool Is(string part) => $"{Api} {Name} {Driver}".Contains(part, StringComparison.OrdinalIgnoreCase);
}
