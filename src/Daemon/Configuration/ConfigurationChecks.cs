namespace Realtime.Daemon.Configuration;

/// <summary>What has to hold between settings.</summary>
internal static class ConfigurationChecks
{
    public static void Run(RealtimeOptions options, ConfigurationReport report)
    {
        CheckAddresses(options, report);
        CheckExposure(options, report);
        CheckKeys(options, report);
        CheckConnections(options.Endpoints.Subscribe, report);
        CheckNames(options.Models ?? [], report);
        CheckAnomalies(options.Anomalies, report);
    }

    private static void CheckAddresses(RealtimeOptions options, ConfigurationReport report)
    {
        var bound = Bound(options).Where(each => !report.HasFailed(each.Key)).ToList();
        for (var later = 1; later < bound.Count; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (bound[later].Address.ConflictsWith(bound[earlier].Address))
                {
                    ReportConflict(bound[earlier], bound[later], report);
                    break;
                }
            }
        }
    }

    private static IEnumerable<(string Key, string Text, EndpointAddress Address)> Bound(RealtimeOptions options)
    {
        var endpoints = options.Endpoints;
        var given = new List<(string Key, string? Text)>
        {
            ("endpoints.ingest", endpoints.Ingest),
            ("endpoints.requests", endpoints.Requests),
            ("endpoints.predictions", endpoints.Predictions),
            ("http.endpoint", options.Http.Endpoint),
        };
        given.AddRange(endpoints.Subscribe.Select((each, i) =>
            ($"endpoints.subscribe[{i}].endpoint", each.Bind ? each.Endpoint : null)));
        foreach (var (key, text) in given)
        {
            if (text is not null && (EndpointAddress.TryParseTcp(text, out var address)
                || EndpointAddress.TryParseIpc(text, out address) || EndpointAddress.TryParseHttp(text, out address)))
            {
                yield return (key, text, address);
            }
        }
    }

    // What other machines reach asks for keys, unless it is said in so many words that it should not.
    private static void CheckExposure(RealtimeOptions options, ConfigurationReport report)
    {
        if (options.Security.Insecure)
        {
            return;
        }
        foreach (var (key, text, _) in Bound(options).Where(each => !each.Address.IsLocal))
        {
            var isHttp = key == "http.endpoint";
            if (isHttp ? options.Http.Token is not null : options.Security.Curve is not null
                || report.HasFailed("security.curve"))
            {
                continue;
            }
            var remedy = isHttp ? "http.token" : "security.curve (realtimed keygen makes keys)";
            if (report.TryFind(key, out var source, out var offset))
            {
                report.Add(source!, offset, $"found {ConfigurationNode.Quote(text)} for {key}, which other machines "
                    + $"reach, expected a loopback address, or {remedy}, or security.insecure: true");
            }
        }
    }

    private static void CheckKeys(RealtimeOptions options, ConfigurationReport report)
    {
        if (options.Security.Curve is { } curve)
        {
            SecuritySchema.CheckClients(curve.Clients.Listed, "security.curve.clients", report);
        }
        var subscriptions = options.Endpoints.Subscribe;
        for (var i = 0; i < subscriptions.Count; i++)
        {
            var key = $"endpoints.subscribe[{i}].serverKey";
            if (subscriptions[i] is { Bind: true, ServerKey: not null }
                && report.TryFind(key, out var source, out var offset))
            {
                report.Add(source!, offset, $"found a key for {key}, expected none: who binds, with \"bind\": true, "
                    + "has the key of security.curve itself");
            }
        }
    }

    // The one that was written is at fault, not the one that has its default.
    private static void ReportConflict(
        (string Key, string Text, EndpointAddress Address) earlier,
        (string Key, string Text, EndpointAddress Address) later, ConfigurationReport report)
    {
        if (!report.TryFind(later.Key, out var source, out var offset))
        {
            (earlier, later) = (later, earlier);
            report.TryFind(later.Key, out source, out offset);
        }
        var text = $"found {ConfigurationNode.Quote(later.Text)} for {later.Key}, expected another address than "
            + $"that of {earlier.Key}, {ConfigurationNode.Quote(earlier.Text)}";
        report.Add(source!, offset, text);
    }

    private static void CheckConnections(IReadOnlyList<SubscribeOptions> subscriptions, ConfigurationReport report)
    {
        for (var i = 0; i < subscriptions.Count; i++)
        {
            var key = $"endpoints.subscribe[{i}].endpoint";
            var subscription = subscriptions[i];
            if (!subscription.Bind && EndpointAddress.TryParseTcp(subscription.Endpoint, out var address)
                && (address.Port == 0 || address.Host == "*") && report.TryFind(key, out var source, out var offset))
            {
                report.Add(source!, offset, $"found {ConfigurationNode.Quote(subscription.Endpoint)} for {key}, "
                    + "expected a host and a port from 1 to 65535 to connect to, or \"bind\": true");
            }
        }
    }

    private static void CheckAnomalies(AnomalyOptions anomalies, ConfigurationReport report)
    {
        if (!(anomalies.Clear > anomalies.Threshold))
        {
            return;
        }
        var key = report.TryFind("anomalies.clear", out var source, out var offset)
            ? "anomalies.clear" : "anomalies.threshold";
        if (source is null && !report.TryFind(key, out source, out offset))
        {
            return;
        }
        report.Add(source!, offset, FormattableString.Invariant(
            $"found {anomalies.Clear} for anomalies.clear and {anomalies.Threshold} for anomalies.threshold, ")
            + "expected a clear of at most the threshold");
    }

    private static void CheckNames(IReadOnlyList<ModelOptions> models, ConfigurationReport report)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < models.Count; i++)
        {
            var key = $"models[{i}].name";
            if (!first.TryAdd(models[i].Name, i) && report.TryFind(key, out var source, out var offset))
            {
                report.Add(source!, offset, $"found {ConfigurationNode.Quote(models[i].Name)} for {key}, "
                    + $"expected another name than that of models[{first[models[i].Name]}]");
            }
        }
    }
}
