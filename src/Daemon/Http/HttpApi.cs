using Microsoft.AspNetCore.Http;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Http;

/// <summary>
/// The read-only HTTP side: health, and the same reports as the control requests, as JSON. Every answer comes from the
/// frame loop itself, between two frames.
/// </summary>
internal static class HttpApi
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void Map(WebApplication app, FrameLoop loop)
    {
        Get(app, "/healthz", () => Health(loop, isReady: false));
        Get(app, "/readyz", () => Health(loop, isReady: true));
        Get(app, "/api/stats", () => Ask(loop, static request =>
        {
            request.WriteMapHeader(1);
            WriteOp(request, "stats"u8);
        }));
        Get(app, "/api/streams", (string? prefix, string? after, int? limit, bool? worst) => Ask(loop, request =>
        {
            request.WriteMapHeader(5);
            WriteOp(request, "streams"u8);
            request.WriteString("worst"u8);
            request.WriteBoolean(worst == true);
            WriteText(request, "prefix"u8, prefix);
            WriteText(request, "after"u8, after);
            request.WriteString("limit"u8);
            if (limit is > 0)
                request.WriteInt64(limit.Value);
            else
                request.WriteNil();
        }));
        Get(app, "/api/last", (string[] stream) => Ask(loop, request =>
        {
            request.WriteMapHeader(2);
            WriteOp(request, "last"u8);
            request.WriteString("streams"u8);
            request.WriteArrayHeader(stream.Length);
            foreach (var name in stream)
                request.WriteString(name);
        }));
    }

    private static void Get(WebApplication app, string path, Delegate handler) =>
        app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler);

    private static void WriteOp(MessagePackWriter request, ReadOnlySpan<byte> op)
    {
        request.WriteString("op"u8);
        request.WriteString(op);
    }

    private static void WriteText(MessagePackWriter request, ReadOnlySpan<byte> key, string? text)
    {
        request.WriteString(key);
        if (text is null)
            request.WriteNil();
        else
            request.WriteString(text);
    }

    // The loop itself says that it turns, and what keeps it from taking ticks.
    private static async Task<IResult> Health(FrameLoop loop, bool isReady)
    {
        if (!loop.IsServing)
            return isReady ? Unavailable("recovering") : Results.Text("recovering\n");
        var turned = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => turned.SetResult(loop.Trouble));
        if (await Task.WhenAny(turned.Task, Task.Delay(Patience)).ConfigureAwait(false) != turned.Task)
            return Unavailable("the frame loop does not turn");
        return isReady && await turned.Task.ConfigureAwait(false) is { } trouble
            ? Unavailable(trouble)
            : Results.Text("ok\n");
    }

    private static IResult Unavailable(string why) =>
        Results.Text(why + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> Ask(FrameLoop loop, Action<MessagePackWriter> write)
    {
        if (!loop.IsServing)
            return Unavailable("recovering");
        var request = new MessagePackWriter();
        write(request);
        var answered = new TaskCompletionSource<(ErrorCode, byte[])>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            var reply = new MessagePackWriter();
            var code = loop.Desk.Execute(request.Written, reply);
            answered.SetResult((code, reply.Written.ToArray()));
        });
        if (await Task.WhenAny(answered.Task, Task.Delay(Patience)).ConfigureAwait(false) != answered.Task)
            return Unavailable("the frame loop does not turn");
        var (code, reply) = await answered.Task.ConfigureAwait(false);
        return Results.Text(
            MessagePackJson.Convert(reply), "application/json",
            code == ErrorCode.None ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
