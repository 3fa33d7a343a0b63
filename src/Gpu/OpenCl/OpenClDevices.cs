using System.Text;

namespace Realtime.Gpu.OpenCl;

/// <summary>The devices of every OpenCL platform.</summary>
internal static unsafe class OpenClDevices
{
    public const string Api = "opencl";

    private const int NoPlatform = -1001;

    /// <returns>The devices that kernels can be compiled for, and why there are none.</returns>
    public static (IReadOnlyList<GpuDevice> Devices, string Reason) List()
    {
        if (!OpenClNative.IsThere) return ([], "OpenCL: no libOpenCL.so.1");
        List<GpuDevice> devices = [];
        try
        {
            nint[] platforms = Platforms();
            for (int i = 0; i < platforms.Length; i++) AddDevices(platforms[i], i, devices);
            return (devices, platforms.Length == 0 ? "OpenCL: no platform" : "OpenCL: no device");
        }
        catch (GpuException e)
        {
            return (devices, e.Message);
        }
    }

    /// <summary>The handles behind a device that was listed.</summary>
    public static nint Handle(GpuDevice device)
    {
        nint[] platforms = Platforms();
        if (device.Place.Platform < platforms.Length)
        {
            nint[] devices = DevicesOf(platforms[device.Place.Platform]);
            if (device.Place.Device < devices.Length) return devices[device.Place.Device];
        }

        throw new GpuException($"OpenCL: {device.Name} is not there any more");
    }

    public static ulong Number(nint device, uint what)
    {
        ulong value = 0;
        OpenClError.Check(
            OpenClNative.GetDeviceInfo(device, what, sizeof(ulong), &value, out _), "asking for a device's properties");
        return value;
    }

    private static nint[] Platforms()
    {
        int status = OpenClNative.GetPlatforms(0, null, out uint count);
        if (status == NoPlatform || count == 0) return [];
        OpenClError.Check(status, "asking for platforms");
        var platforms = new nint[count];
        fixed (nint* first = platforms)
            OpenClError.Check(OpenClNative.GetPlatforms(count, first, out _), "asking for platforms");
        return platforms;
    }

    private static nint[] DevicesOf(nint platform)
    {
        int status = OpenClNative.GetDevices(platform, OpenClNative.AllDevices, 0, null, out uint count);
        if (status == OpenClNative.NoDevice || count == 0) return [];
        OpenClError.Check(status, "asking for devices");
        var devices = new nint[count];
        fixed (nint* first = devices)
        {
            OpenClError.Check(
                OpenClNative.GetDevices(platform, OpenClNative.AllDevices, count, first, out _), "asking for devices");
        }

        return devices;
    }

    private static void AddDevices(nint platform, int place, List<GpuDevice> found)
    {
        nint[] devices = DevicesOf(platform);
        string driver = $"{PlatformText(platform, OpenClNative.PlatformName)}, "
            + PlatformText(platform, OpenClNative.PlatformVersion);
        for (int i = 0; i < devices.Length; i++)
        {
            nint device = devices[i];
            if (Number(device, OpenClNative.DeviceAvailable) == 0 || Number(device, OpenClNative.DeviceCompiler) == 0)
                continue;
            // Oclgrind, a simulator, is a processor too, whatever it calls itself.
            bool isCpu = (Number(device, OpenClNative.DeviceType) & OpenClNative.CpuDevice) != 0
                || driver.Contains("oclgrind", StringComparison.OrdinalIgnoreCase);
            found.Add(new GpuDevice
            {
                Api = Api,
                Name = Text(device, OpenClNative.DeviceName),
                Driver = $"{driver}, driver {Text(device, OpenClNative.DriverVersion)}",
                IsCpu = isCpu,
                Memory = (long)Number(device, OpenClNative.DeviceMemory),
                Place = (place, i),
            });
        }
    }

    private static string Text(nint device, uint what)
    {
        OpenClError.Check(OpenClNative.GetDeviceInfo(device, what, 0, null, out nuint size), "asking for a device");
        var bytes = new byte[size];
        fixed (byte* first = bytes)
            OpenClError.Check(OpenClNative.GetDeviceInfo(device, what, size, first, out _), "asking for a device");
        return Clean(bytes);
    }

    private static string PlatformText(nint platform, uint what)
    {
        OpenClError.Check(
            OpenClNative.GetPlatformInfo(platform, what, 0, null, out nuint size), "asking for a platform");
        var bytes = new byte[size];
        fixed (byte* first = bytes)
        {
            OpenClError.Check(
                OpenClNative.GetPlatformInfo(platform, what, size, first, out _), "asking for a platform");
        }

        return Clean(bytes);
    }

    private static string Clean(byte[] text) => Encoding.UTF8.GetString(text).TrimEnd('\0').Trim();
}
