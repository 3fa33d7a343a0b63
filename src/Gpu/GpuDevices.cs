using System.Globalization;
using Realtime.Gpu.Cuda;
using Realtime.Gpu.OpenCl;

namespace Realtime.Gpu;

/// <summary>What a search for devices found.</summary>
/// <param name="Devices">All there are, CUDA's first.</param>
/// <param name="Chosen">The one to step models on; null where there is none.</param>
/// <param name="Reason">One line: why nothing was chosen; empty where something was.</param>
public sealed record GpuSearch(IReadOnlyList<GpuDevice> Devices, GpuDevice? Chosen, string Reason);

/// <summary>Finds compute devices through the drivers that this machine has. Loads no driver before it is asked.
/// </summary>
public static class GpuDevices
{
    /// <param name="wish">Part of a device's name, API or driver, or an index into the list; null for any that is not
    /// the processor.</param>
    public static GpuSearch Find(string? wish)
    {
        (IReadOnlyList<GpuDevice> cuda, string noCuda) = CudaDevices.List();
        (IReadOnlyList<GpuDevice> openCl, string noOpenCl) = OpenClDevices.List();
        GpuDevice[] devices = [.. cuda, .. openCl];
        return Choose(devices, wish, $"{noCuda}; {noOpenCl}");
    }

    /// <summary>Opens a device that was found.</summary>
    /// <exception cref="GpuException">It can't be used.</exception>
    public static GpuContext Open(GpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Api == CudaDevices.Api ? new CudaContext(device) : new OpenClContext(device);
    }

    internal static GpuSearch Choose(IReadOnlyList<GpuDevice> devices, string? wish, string nothing)
    {
        if (devices.Count == 0)
            return new GpuSearch(devices, null, wish is null ? $"no device: {nothing}" : $"'{wish}': {nothing}");
        string known = string.Join(", ", devices.Select((device, i) => $"{i}: {device}"));
        if (wish is null)
        {
            GpuDevice? first = devices.FirstOrDefault(device => !device.IsCpu);
            return new GpuSearch(devices, first, first is not null
                ? ""
                : $"no GPU; a CPU device is used only where engine.device names it ({known})");
        }

        if (int.TryParse(wish, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return index < devices.Count
                ? new GpuSearch(devices, devices[index], "")
                : new GpuSearch(devices, null, $"device {index}: expected one of {known}");
        }

        GpuDevice? named = devices.FirstOrDefault(device => device.Is(wish));
        return new GpuSearch(devices, named, named is not null ? "" : $"device '{wish}': expected one of {known}");
    }
}
