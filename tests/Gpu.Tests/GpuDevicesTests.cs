namespace Realtime.Gpu.Tests;

public sealed class GpuDevicesTests
{
    private static readonly GpuDevice Processor = new()
    {
        Api = "opencl",
        Name = "pthread-EPYC",
        Driver = "Portable Computing Language, OpenCL 3.0 PoCL 3.1",
        IsCpu = true,
    };

    private static readonly GpuDevice Card = new() { Api = "opencl", Name = "NVIDIA H100", Driver = "NVIDIA CUDA" };
    private static readonly GpuDevice SameCard = new() { Api = "cuda", Name = "NVIDIA H100", Driver = "CUDA 13.0" };

    [Fact]
    public void Choose_NoWish_TakesTheFirstThatIsNoProcessor()
    {
        Assert.Same(SameCard, GpuDevices.Choose([SameCard, Processor, Card], null, "").Chosen);
        Assert.Same(Card, GpuDevices.Choose([Processor, Card], null, "").Chosen);
    }

    [Fact]
    public void Choose_NoWishAndAProcessorOnly_ChoosesNothingAndNamesIt()
    {
        GpuSearch found = GpuDevices.Choose([Processor], null, "");
        Assert.Null(found.Chosen);
        Assert.Contains("0: opencl pthread-EPYC", found.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pocl")]
    [InlineData("PTHREAD")]
    [InlineData("1")]
    public void Choose_NameOrIndex_TakesAProcessorToo(string wish)
    {
        GpuSearch found = GpuDevices.Choose([Card, Processor], wish, "");
        Assert.Same(Processor, found.Chosen);
        Assert.Equal("", found.Reason);
    }

    [Fact]
    public void Choose_ApiAndName_TellsOneCardUnderTwoDriversApart() =>
        Assert.Same(Card, GpuDevices.Choose([SameCard, Card], "opencl nvidia", "").Chosen);

    [Theory]
    [InlineData("radeon")]
    [InlineData("2")]
    public void Choose_WhatIsNotThere_NamesWhatIs(string wish)
    {
        GpuSearch found = GpuDevices.Choose([Card, Processor], wish, "");
        Assert.Null(found.Chosen);
        foreach (string part in new[] { wish, "0: opencl NVIDIA H100", "1: opencl pthread-EPYC" })
            Assert.Contains(part, found.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found.Reason);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("h100")]
    public void Choose_NothingThere_SaysWhy(string? wish)
    {
        GpuSearch found = GpuDevices.Choose([], wish, "CUDA: no libcuda.so.1; OpenCL: no platform");
        Assert.Null(found.Chosen);
        Assert.Contains("no libcuda.so.1", found.Reason, StringComparison.Ordinal);
        if (wish is not null) Assert.Contains(wish, found.Reason, StringComparison.Ordinal);
    }
}
