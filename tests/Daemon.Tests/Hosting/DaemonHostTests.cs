using System.Net;
using System.Net.Sockets;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Tests.Hosting;

public sealed class DaemonHostTests
{
    private static readonly EndpointOptions AnyPort = new()
    {
        Ingest = "tcp://127.0.0.1:0", Requests = "tcp://127.0.0.1:0", Predictions = "tcp://127.0.0.1:0",
    };

    [Fact]
    public async Task RunAsync_AnHttpPortInUse_SaysSoAndEndsTheLoop()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await AssertRefuses($"http://{taken.LocalEndpoint}");
    }

    [Fact]
    public Task RunAsync_AnHttpAddressOfAnotherMachine_SaysSoAndEndsTheLoop() =>
        AssertRefuses("http://192.0.2.1:5580");

    [Fact]
    public async Task RunAsync_AnEndpointInUse_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var options = new RealtimeOptions { Endpoints = AnyPort with { Ingest = $"tcp://{taken.LocalEndpoint}" } };
        var fault = await Assert.ThrowsAsync<StartException>(() => DaemonHost.RunAsync(options));
        Assert.Equal(ExitCode.Failed, fault.ExitCode);
        Assert.Contains(taken.LocalEndpoint.ToString()!, fault.Message);
    }

    [Fact]
    public async Task RunAsync_KeysThatAreNotThere_AreRefusedBeforeAnythingStarts()
    {
        var options = new RealtimeOptions
        {
            Security = new SecurityOptions
            {
                Curve = new CurveOptions { SecretKey = "/nonexistent/curve.key", Clients = new(null, []) },
            },
        };
        var fault = await Assert.ThrowsAsync<StartException>(() => DaemonHost.RunAsync(options));
        Assert.Equal(ExitCode.Configuration, fault.ExitCode);
        Assert.StartsWith("/nonexistent/curve.key: found no file", Assert.Single(fault.Faults));
    }

    private static async Task AssertRefuses(string http)
    {
        var options = new RealtimeOptions { Endpoints = AnyPort, Http = new HttpOptions { Endpoint = http } };
        var fault = await Assert.ThrowsAsync<StartException>(() => DaemonHost.RunAsync(options));
        Assert.Equal(ExitCode.Failed, fault.ExitCode);
        Assert.StartsWith($"http.endpoint {http}: ", Assert.Single(fault.Faults));
    }
}
