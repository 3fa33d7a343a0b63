using static Realtime.Daemon.Configuration.ValueKinds;

namespace Realtime.Daemon.Configuration;

/// <summary>The settings of <c>security.curve</c>.</summary>
internal static class SecuritySchema
{
    private const int FastestRate = 1_000_000_000;

    public static SettingTable<ClientOptions> Client { get; } = new(
        new Setting<ClientOptions, string>("name", Name, "the client's name in logs, counts and replies",
            o => o.Name, (o, v) => o with { Name = v }, isRequired: true),
        new Setting<ClientOptions, string?>("key", NullOr(CurveKey), "its public key; or keyFile",
            o => o.Key, (o, v) => o with { Key = v }),
        new Setting<ClientOptions, string?>("keyFile", NullOr(SecretPath), "the file with its public key",
            o => o.KeyFile, (o, v) => o with { KeyFile = v }),
        new Setting<ClientOptions, IReadOnlyList<string>>("streams", ListOf(Pattern, "patterns"),
            "patterns of the streams it may send to and ask about",
            o => o.Streams, (o, v) => o with { Streams = v }),
        new Setting<ClientOptions, IReadOnlyList<string>?>("hears", NullOr(ListOf(Topic, "beginnings of names")),
            "beginnings of the names of streams it may hear; null takes what stands before the wildcards of streams",
            o => o.Hears, (o, v) => o with { Hears = v }),
        new Setting<ClientOptions, int?>("ticksPerSecond", OrNull(Whole(1, FastestRate)),
            "ticks it may send per second, and as many at once; null is unlimited",
            o => o.TicksPerSecond, (o, v) => o with { TicksPerSecond = v }),
        new Setting<ClientOptions, bool>("mayControl", Switch,
            "whether it may reset, forget, state.put, reload and snapshot",
            o => o.MayControl, (o, v) => o with { MayControl = v }));

    public static SettingTable<CurveOptions> Curve { get; } = new(
        new Setting<CurveOptions, string>("secretKey", SecretPath,
            "file or credential:NAME with the daemon's secret key, readable by its owner alone",
            o => o.SecretKey, (o, v) => o with { SecretKey = v }, isRequired: true),
        new Setting<CurveOptions, AllowedClients>("clients", ClientsKind(),
            "the clients that are let in: a list, a file with a list, or a folder of public keys",
            o => o.Clients, (o, v) => o with { Clients = v }, isRequired: true));

    public static ValueKind<CurveOptions> CurveKind { get; } = ObjectOf(Curve, EmptyCurve, "secretKey and clients");

    public static ValueKind<IReadOnlyList<ClientOptions>> ClientList { get; } = ListOf(
        ObjectOf(Client, EmptyClient, "name, key or keyFile, streams, hears, ticksPerSecond, mayControl"), "clients");

    private static CurveOptions EmptyCurve => new() { SecretKey = "", Clients = new AllowedClients(null, []) };

    private static ClientOptions EmptyClient => new() { Name = "" };

    public static IEnumerable<Setting> Describe() =>
        Curve.Rows.Select(static row => row.Describe("security.curve.", EmptyCurve))
            .Concat(Client.Rows.Select(static row => row.Describe("security.curve.clients[].", EmptyClient)));

    /// <summary>What has to hold between clients of a list.</summary>
    public static void CheckClients(
        IReadOnlyList<ClientOptions> clients, string list, ConfigurationReport report)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < clients.Count; i++)
        {
            var (client, at) = (clients[i], $"{list}[{i}]");
            if (!names.TryAdd(client.Name, i))
                Add(report, $"{at}.name", $"found \"{client.Name}\" a second time, expected another name than that "
                    + $"of {list}[{names[client.Name]}]");
            if (client.Key is { } key && !keys.TryAdd(key, i))
                Add(report, $"{at}.key", $"found the key of {list}[{keys[key]}], expected another");
            var isRead = !report.HasFailed($"{at}.key") && !report.HasFailed($"{at}.keyFile");
            if (isRead && client.Key is null == client.KeyFile is null)
                Add(report, $"{at}.name", $"found {(client.Key is null ? "neither" : "both")} key and keyFile for "
                    + $"{at}, expected one of them");
        }
    }

    private static void Add(ConfigurationReport report, string key, string text)
    {
        if (report.TryFind(key, out var source, out var offset))
            report.Add(source!, offset, text);
    }

    private static ValueKind<AllowedClients> ClientsKind() => new(
        "array or string", "a list of clients, or the path of a file or folder", NodeKinds.List | NodeKinds.Text,
        (GivenValue given, out AllowedClients value) =>
        {
            value = new AllowedClients(null, []);
            if (given.Node.Kind == NodeKinds.List)
            {
                var good = ClientList.Read(given.Node, given.Key, given.Report, out var listed);
                value = value with { Listed = listed };
                return good;
            }

            var found = SecretPath.Read(given.Node, given.Key, given.Report, out var path);
            value = value with { Path = path };
            return found;
        },
        static value => value.Path is { } path ? ConfigurationNode.Quote(path) : ClientList.Format(value.Listed))
    {
        MakeSchema = static () => JsonSchemas.AnyOf(ClientList.Schema(), SecretPath.Schema()),
    };
}
