using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Http;

/// <summary>The bearer token of <c>http.token</c>.</summary>
internal static class HttpToken
{
    private const int LeastLength = 16;

    /// <summary>The token; null where none is asked for.</summary>
    /// <exception cref="StartException">The file can't be read, or has no token.</exception>
    public static string? Load(HttpOptions options)
    {
        if (options.Token is not { } path)
            return null;
        if (!SecretFile.TryRead(path, out var lines, out var fault))
            throw new StartException(ExitCode.Configuration, [$"http.token: {fault}"]);
        var token = lines[0].Trim();
        if (token.Length >= LeastLength && token.All(static c => c is > ' ' and < '\x7f'))
            return token;
        throw new StartException(ExitCode.Configuration, [$"http.token: {path}:1: found {token.Length} characters, "
            + $"expected at least {LeastLength} printable ones without blanks, such as openssl rand -hex 32 gives"]);
    }
}
