using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>A collector of a kind: takes OTLP over http/protobuf and over gRPC, and keeps what it got.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            foreach (var protocols in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });
        _app = builder.Build();
        foreach (var signal in new[] { "metrics", "traces", "logs" })
        {
            _app.MapPost($"/v1/{signal}", context => TakeHttpAsync(context, signal));
            _app.MapPost(GrpcPath(signal), context => TakeGrpcAsync(context, signal));
        }
    }

    /// <summary>What came, in its order: the signal, by which protocol, the message.</summary>
    public ConcurrentQueue<(string Signal, string Protocol, ProtobufMessage Message)> Requests { get; } = [];

    public string Http => _app.Urls.First();

    public string Grpc => _app.Urls.Last();

    public IEnumerable<OtlpPoint> Points => Of("metrics").SelectMany(OtlpDecoder.Points);

    public IEnumerable<OtlpSpan> Spans => Of("traces").SelectMany(OtlpDecoder.Spans);

    public IEnumerable<OtlpLog> Logs => Of("logs").SelectMany(OtlpDecoder.Logs);

    public IEnumerable<string> Resources =>
        Requests.SelectMany(static request => OtlpDecoder.Resources(request.Message)).Distinct();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IEnumerable<ProtobufMessage> Of(string signal) =>
        Requests.Where(request => request.Signal == signal).Select(static request => request.Message);

    private static string GrpcPath(string signal)
    {
        var (package, service) = signal switch
        {
            "metrics" => ("metrics", "MetricsService"),
            "traces" => ("trace", "TraceService"),
            _ => ("logs", "LogsService"),
        };
        return $"/opentelemetry.proto.collector.{package}.v1.{service}/Export";
    }

    private async Task TakeHttpAsync(HttpContext context, string signal)
    {
        var body = await ReadAsync(context.Request.Body);
        if (context.Request.Headers.ContentEncoding == "gzip")
            body = Unzip(body);
        Keep(signal, $"{context.Request.Protocol} {context.Request.ContentType}", body);
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task TakeGrpcAsync(HttpContext context, string signal)
    {
        var body = await ReadAsync(context.Request.Body);
        var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1));
        var message = body.AsSpan(5, length).ToArray();
        var isZipped = body[0] == 1;
        Keep(signal, $"{context.Request.Protocol} {context.Request.ContentType}{(isZipped ? " gzip" : "")}",
            isZipped ? Unzip(message) : message);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void Keep(string signal, string protocol, byte[] body) =>
        Requests.Enqueue((signal, protocol, new ProtobufMessage(body)));

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var unzipped = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
            gzip.CopyTo(unzipped);
        return unzipped.ToArray();
    }
}
