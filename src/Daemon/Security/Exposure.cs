using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Security;

/// <summary>Who may reach the daemon, in words: for the log at each start, and for <c>check</c>.</summary>
internal static class Exposure
{
    /// <summary>"CURVE, public key …, 2 clients: a, b"; or that there are no keys.</summary>
    public static string Describe(KeySet? keys)
    {
        if (keys is null)
            return "no keys: whoever reaches an endpoint may do everything";
        var names = string.Join(", ", keys.Rights.Select(static one => one.Name));
        return $"CURVE, public key {keys.Server.PublicKey}, {keys.Rights.Count} "
            + $"client{(keys.Rights.Count == 1 ? "" : "s")}{(names.Length == 0 ? ", nobody is let in" : $": {names}")}";
    }

    /// <summary>What is served to other machines without keys; each start warns of it.</summary>
    public static IEnumerable<string> Warnings(RealtimeOptions options)
    {
        if (!options.Security.Insecure)
            yield break;
        var open = new List<string>();
        if (options.Security.Curve is null)
            open.AddRange(Bound(options.Endpoints).Where(static endpoint => !IsLocal(endpoint)));
        if (options.Http is { Token: null, Endpoint: { } http } && !IsLocal(http))
            open.Add(http);
        yield return open.Count == 0
            ? "security.insecure is true; other machines are not served just now"
            : $"security.insecure is true: {string.Join(" ", open)} can be reached by other machines, and whoever "
                + "reaches it needs no key";
    }

    public static bool IsLocal(string endpoint) =>
        (EndpointAddress.TryParseTcp(endpoint, out var address) || EndpointAddress.TryParseHttp(endpoint, out address)
            || EndpointAddress.TryParseIpc(endpoint, out address)) && address.IsLocal;

    private static IEnumerable<string> Bound(EndpointOptions endpoints) =>
    [
        endpoints.Ingest, endpoints.Requests, endpoints.Predictions,
        .. endpoints.Subscribe.Where(static one => one.Bind).Select(static one => one.Endpoint),
    ];
}
