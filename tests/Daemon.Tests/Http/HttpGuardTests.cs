using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Realtime.Daemon.Http;

namespace Realtime.Daemon.Tests.Http;

public sealed class HttpGuardTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef";

    private readonly WebApplication _local = Make(new HttpGuard(null, isLocal: true));
    private readonly WebApplication _open = Make(new HttpGuard(Token, isLocal: false));

    public async Task InitializeAsync()
    {
        await _local.StartAsync();
        await _open.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _local.DisposeAsync();
        await _open.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("HEAD", 200)]
    [InlineData("POST", 405)]
    [InlineData("PUT", 405)]
    [InlineData("DELETE", 405)]
    [InlineData("OPTIONS", 405)]
    [InlineData("TRACE", 405)]
    public async Task Only_reading_is_served(string method, int status)
    {
        var reply = await Ask(_local, $"{method} /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", reply);
        foreach (var header in new[]
        {
            "Content-Security-Policy: default-src 'none'", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
            "Cache-Control: no-store", "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin",
        })
            Assert.Contains(header, reply);
        Assert.DoesNotContain("Server:", reply);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:80", 200)]
    [InlineData("127.0.0.1:5580", 200)]
    [InlineData("127.9.9.9", 200)]
    [InlineData("[::1]:5580", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("localhost.evil.example", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("192.0.2.1", 421)]
    public async Task Where_this_machine_alone_is_served_no_other_name_is(string host, int status) =>
        Assert.StartsWith(
            $"HTTP/1.1 {status} ", await Ask(_local, $"GET /api/x HTTP/1.1\r\nHost: {host}\r\n"));

    [Theory]
    [InlineData("/api/x", "", 401)]
    [InlineData("/api/x", "Authorization: Bearer " + Token, 200)]
    [InlineData("/api/x", "Authorization: bearer " + Token, 200)]
    [InlineData("/api/x", "Authorization: Bearer " + Token + "0", 401)]
    [InlineData("/api/x", "Authorization: Bearer 0", 401)]
    [InlineData("/api/x", "Authorization: Bearer ", 401)]
    [InlineData("/api/x", "Authorization: Basic " + Token, 401)]
    [InlineData("/api/x?token=" + Token, "", 401)]
    [InlineData("/metrics", "", 401)]
    [InlineData("/healthz", "", 404)]
    [InlineData("/readyz", "", 404)]
    [InlineData("/healthz/../api/x", "", 401)]
    public async Task What_needs_the_token_is_not_served_without(string path, string header, int status)
    {
        var reply = await Ask(
            _open, $"GET {path} HTTP/1.1\r\nHost: plant.example\r\n{(header.Length == 0 ? "" : header + "\r\n")}");
        Assert.StartsWith($"HTTP/1.1 {status} ", reply);
        Assert.Equal(status == 401, reply.Contains("WWW-Authenticate: Bearer"));
    }

    [Theory]
    [InlineData(40_000, 1)]
    [InlineData(1, 100)]
    public async Task Large_headers_are_refused(int length, int count)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await Ask(_local, $"GET /api/x HTTP/1.1\r\nHost: localhost\r\n{headers}"));
    }

    private static WebApplication Make(HttpGuard guard)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(HttpGuard.Limit);
        var app = builder.Build();
        app.Use(guard.Pass);
        app.MapMethods("/api/x", ["GET", "HEAD"], static () => "x");
        return app;
    }

    // By hand: no client sends what it should not.
    private static async Task<string> Ask(WebApplication app, string request)
    {
        var url = new Uri(app.Urls.Single());
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request + "Connection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }
}
