namespace Realtime.Gpu.Tests;

public sealed class GpuDevicesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("h100")]
    public void Find_ThisBuild_HasNoDevicesAndSaysWhy(string? device)
    {
        GpuSearch found = GpuDevices.Find(device);
        Assert.Empty(found.Devices);
        Assert.Contains("CPU only", found.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found.Reason);
        if (device is not null) Assert.Contains(device, found.Reason, StringComparison.Ordinal);
    }
}
