using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Http;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Http;

public sealed class HttpApiTests : IAsyncLifetime, IDisposable
{
    private readonly SimulatedDaemon _daemon = new(models: HostileInput.Models);
    private readonly WebApplication _app;
    private readonly HttpClient _client = new();

    public HttpApiTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(services => new LoopThread(
            _daemon.Loop, new ShortLife(_daemon.World), TimeSpan.FromSeconds(5),
            services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetRequiredService<ILogger<LoopThread>>()));
        builder.Services.AddHostedService(static services => services.GetRequiredService<LoopThread>());
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        HttpApi.Map(_app, _daemon.Loop);
    }

    private LoopThread Thread => _app.Services.GetRequiredService<LoopThread>();

    public async Task InitializeAsync()
    {
        _daemon.Take(
            Pack.Tick("a/1", 1.5, 7), Pack.Tick("b/1", new object?[] { 1, null }, 3), Pack.Tick(17, 1, 1),
            Pack.Tick("none", 1));
        await _app.StartAsync();
        _client.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public void Dispose()
    {
        _client.Dispose();
        _daemon.Dispose();
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Health_WhileTheLoopTurns_IsOk(string path)
    {
        Assert.Equal("ok\n", await _client.GetStringAsync(path));
    }

    [Fact]
    public async Task Stats_HaveTheAccounting()
    {
        var stats = await Get("/api/stats");
        Assert.Equal(
            [7L, 4, 3, 0, 1, 0, 3, 3],
            new[] { "epoch", "received", "stepped", "duplicate", "rejected", "refused", "published", "streams" }
                .Select(key => stats.GetProperty(key).GetInt64()));
        Assert.Equal("cpu", stats.GetProperty("engine").GetString());
        Assert.Equal(JsonValueKind.Null, stats.GetProperty("device").ValueKind);
        Assert.Equal(1, stats.GetProperty("reasons").GetProperty("unknown stream").GetInt64());
    }

    [Fact]
    public async Task Streams_AreListedByPrefixAndPage()
    {
        Assert.Equal(["17", "a/1", "b/1"], await Listed("/api/streams"));
        Assert.Equal(["a/1"], await Listed("/api/streams?prefix=a"));
        Assert.Equal(["17"], await Listed("/api/streams?limit=1"));
        Assert.Equal(["b/1"], await Listed("/api/streams?after=a/1"));
        Assert.Equal(7, (await Get("/api/streams?prefix=a")).GetProperty("streams")[0].GetProperty("seq").GetInt64());
    }

    [Fact]
    public async Task Last_GivesThePredictionOfEachStream()
    {
        var predictions = (await Get("/api/last?stream=b/1&stream=nothing&stream=17")).GetProperty("predictions");
        Assert.Equal(3, predictions[0].GetProperty("seq").GetInt64());
        Assert.Equal("[1,null]", JsonSerializer.Serialize(predictions[0].GetProperty("values")));
        Assert.Equal(JsonValueKind.Null, predictions[1].ValueKind);
        Assert.Equal(17, predictions[2].GetProperty("stream").GetInt64());
    }

    [Theory]
    [InlineData("/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/streams?limit=many", HttpStatusCode.BadRequest)]
    [InlineData("/api/last?stream=%01", HttpStatusCode.BadRequest)]
    public async Task What_is_not_there_is_not_served(string path, HttpStatusCode status)
    {
        using var reply = await _client.GetAsync(path);
        Assert.Equal(status, reply.StatusCode);
    }

    [Fact]
    public async Task Many_at_once_are_all_answered()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _client.GetStringAsync("/api/stats")));
        Assert.All(replies, static reply => Assert.Contains("\"stepped\": 3", reply));
    }

    [Fact]
    public async Task Stop_EndsTheLoop()
    {
        Assert.False(Thread.Ended);
        await _app.StopAsync();
        Assert.True(Thread.Ended);
        Assert.Equal(ExitCode.Done, Thread.ExitCode);
    }

    [Fact]
    public async Task A_loop_that_fails_stops_the_program()
    {
        _daemon.Loop.Post(static () => throw new InvalidOperationException("on purpose"));
        await _app.WaitForShutdownAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(ExitCode.Failed, Thread.ExitCode);
        Assert.True(Thread.Ended);
    }

    private async Task<JsonElement> Get(string path)
    {
        using var reply = await _client.GetAsync(path);
        Assert.Equal("application/json", reply.Content.Headers.ContentType!.MediaType);
        return JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<string[]> Listed(string path)
    {
        var streams = (await Get(path)).GetProperty("streams");
        return [.. streams.EnumerateArray().Select(static one => one.GetProperty("stream").ToString())];
    }
}
