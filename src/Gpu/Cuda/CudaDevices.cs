using System.Runtime.InteropServices;

namespace Realtime.Gpu.Cuda;

/// <summary>The devices of the CUDA driver that can load the kernels' PTX.</summary>
internal static unsafe class CudaDevices
{
    public const string Api = "cuda";

    // The PTX is made for Ampere, and what came after it.
    private const int LeastMajor = 8;
    private const int NameBytes = 256;

    /// <returns>The devices, and why there are none.</returns>
    public static (IReadOnlyList<GpuDevice> Devices, string Reason) List()
    {
        if (!CudaNative.IsThere) return ([], "CUDA: no libcuda.so.1");
        try
        {
            int status = CudaNative.Initialise(0);
            if (status == CudaNative.NoDevice) return ([], "CUDA: no device");
            CudaError.Check(status, "starting the driver");
            CudaError.Check(CudaNative.GetVersion(out int version), "asking for the driver's version");
            CudaError.Check(CudaNative.GetDeviceCount(out int count), "asking for devices");
            List<GpuDevice> devices = [];
            int old = 0;
            for (int i = 0; i < count; i++)
            {
                CudaError.Check(CudaNative.GetDevice(out int handle, i), "asking for a device");
                if (Attribute(handle, CudaNative.ComputeMajor) >= LeastMajor) devices.Add(Describe(i, handle, version));
                else old++;
            }

            return (devices, old > 0 ? $"CUDA: {old} devices, all older than Ampere" : "CUDA: no device");
        }
        catch (GpuException e)
        {
            return ([], e.Message);
        }
        catch (EntryPointNotFoundException e)
        {
            return ([], $"CUDA: the driver is too old: {e.Message}");
        }
    }

    public static int Attribute(int device, int attribute)
    {
        CudaError.Check(
            CudaNative.GetDeviceAttribute(out int value, attribute, device), "asking for a device's properties");
        return value;
    }

    private static GpuDevice Describe(int ordinal, int handle, int version)
    {
        byte* name = stackalloc byte[NameBytes];
        CudaError.Check(CudaNative.GetDeviceName(name, NameBytes, handle), "asking for a device's name");
        CudaError.Check(CudaNative.GetDeviceMemory(out nuint memory, handle), "asking for a device's memory");
        return new GpuDevice
        {
            Api = Api,
            Name = Marshal.PtrToStringUTF8((nint)name)!,
            Driver = $"CUDA {version / 1000}.{version % 1000 / 10}",
            Memory = (long)memory,
            Place = (0, ordinal),
        };
    }
}
