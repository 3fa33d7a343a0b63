using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Realtime.Daemon.Http;

/// <summary>
/// What every HTTP request passes: reading only, a bearer token where one is asked for, names of this machine alone
/// where only this machine is served, and headers that let no page of somebody else's make use of the answers.
/// </summary>
internal sealed class HttpGuard
{
    private const int ConnectionsMax = 256;
    private const int HeaderBytesMax = 16 * 1024;
    private const int HeadersMax = 64;

    private static readonly TimeSpan HeaderPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdlePatience = TimeSpan.FromSeconds(60);

    private readonly byte[]? _token;
    private readonly bool _isLocal;

    /// <param name="token">What a reader has to present; null where nothing.</param>
    /// <param name="isLocal">Only this machine is served: other names than its own are somebody's trick.</param>
    public HttpGuard(string? token, bool isLocal)
    {
        _token = token is null ? null : DigestOf(token);
        _isLocal = isLocal;
    }

    public static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = HeadersMax;
        kestrel.Limits.RequestHeadersTimeout = HeaderPatience;
        kestrel.Limits.KeepAliveTimeout = IdlePatience;
    }

    public Task Pass(HttpContext context, RequestDelegate next)
    {
        Protect(context.Response.Headers);
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return Refuse(context, HttpStatusCode.MethodNotAllowed, "only GET and HEAD");
        }

        if (_isLocal && !IsThisMachine(request.Host.Host))
        {
            return Refuse(
                context, HttpStatusCode.MisdirectedRequest,
                "served to this machine alone: ask for localhost, 127.0.0.1 or [::1]");
        }

        if (_token is null || IsOpen(request.Path) || IsAuthorized(request.Headers.Authorization.ToString()))
            return next(context);
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"realtimed\"";
        return Refuse(context, HttpStatusCode.Unauthorized, "a bearer token is needed");
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    // A web page can point a name of its own at this machine, but not have the browser ask for another name.
    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);

    // They say nothing but well or not, to those who restart and route.
    private static bool IsOpen(PathString path) => path == "/healthz" || path == "/readyz";

    private bool IsAuthorized(string authorization)
    {
        const string Scheme = "Bearer ";
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(DigestOf(authorization[Scheme.Length..].Trim()), _token);
    }

    // Digests have one length, so that comparing tells nothing of the token's.
    private static byte[] DigestOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static Task Refuse(HttpContext context, HttpStatusCode status, string why)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask
            : context.Response.WriteAsync(why + "\n");
    }
}
