namespace Realtime.Gpu;

/// <summary>A compute device the program could step models on.</summary>
public sealed record GpuDevice(string Name);

/// <summary>
/// What a search for devices found; <see cref="Reason"/> is one line, and says why where nothing was.
/// </summary>
public sealed record GpuSearch(IReadOnlyList<GpuDevice> Devices, string Reason);

/// <summary>
/// Finds compute devices. An engine for them will implement <see cref="Realtime.Cells.IStepEngine"/> here; this build
/// has none, and says so.
/// </summary>
public static class GpuDevices
{
    /// <param name="device">Part of a device's name, or an index; null for any.</param>
    public static GpuSearch Find(string? device) => new([], device is null
        ? "this build steps models on the CPU only: it has no GPU engine"
        : $"device '{device}': this build steps models on the CPU only: it has no GPU engine");
}
