using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Configuration;

public sealed class ConfigurationLoaderTests
{
    private const string AKey = "yB1qYRd@w(s<uV}NhJZd?g!ziyEmC3WajI6Dp37A";

    // Another value than the default for every key, as JSON.
    private static readonly Dictionary<string, string> Other = new(StringComparer.Ordinal)
    {
        ["endpoints.ingest"] = "\"tcp://127.0.0.2:0\"",
        ["endpoints.requests"] = "\"ipc:///run/realtimed/requests\"",
        ["endpoints.predictions"] = "\"tcp://[::1]:6000\"",
        ["endpoints.subscribe"] =
            "[{\"endpoint\": \"tcp://plant-7:5555\", \"bind\": false, \"topics\": [\"a\", \"b\"], "
            + $"\"serverKey\": \"{AKey}\"}}]",
        ["models"] =
            "[{\"name\": \"pump\", \"file\": \"/m/pump.safetensors\", \"streams\": [\"pump/*\"], \"warmTicks\": 7, "
            + "\"adapt\": \"none\"}]",
        ["streams.max"] = "7",
        ["streams.idleAfter"] = "\"00:00:00.5\"",
        ["streams.onGap"] = "\"impute\"",
        ["streams.adapt"] =
            "{\"kind\": \"rls\", \"forgetting\": 0.9995, \"ridge\": null, \"features\": \"hidden+inputs\"}",
        ["anomalies.threshold"] = "0.9",
        ["anomalies.clear"] = "0.25",
        ["limits.frame"] = "64",
        ["limits.memory"] = "8589934592",
        ["limits.connections"] = "3",
        ["limits.predictions"] = "100",
        ["limits.replies"] = "2000000",
        ["frame.maxTicks"] = "1",
        ["frame.idle"] = "\"spin\"",
        ["state.directory"] = "\"/var/lib/realtimed\"",
        ["state.durability"] = "\"fsync\"",
        ["state.snapshotEvery"] = "\"00:00:10\"",
        ["state.keep"] = "\"48:00:00\"",
        ["state.maxBytes"] = "1000000000000",
        ["state.recordPredictions"] = "true",
        ["state.restoredEvents"] = "true",
        ["http.endpoint"] = "null",
        ["http.token"] = "\"credential:token\"",
        ["engine.kind"] = "\"cpu\"",
        ["engine.kernel"] = "\"vector256\"",
        ["engine.threads"] = "4",
        ["engine.device"] = "\"pocl\"",
        ["security.curve"] = "{\"secretKey\": \"/etc/realtimed/curve.key\", \"clients\": [{\"name\": \"plant\", "
            + $"\"key\": \"{AKey}\", \"keyFile\": null, \"streams\": [\"pump/*\"], \"hears\": [\"\"], "
            + "\"ticksPerSecond\": 100, \"mayControl\": true}]}",
        ["security.insecure"] = "true",
        ["telemetry.histograms"] = "false",
        ["telemetry.stageHistograms"] = "false",
        ["telemetry.staleAfter"] = "\"00:00:10\"",
        ["telemetry.rawSamples"] = "\"/var/lib/latencies.txt\"",
        ["stop.timeout"] = "\"00:00:30\"",
    };

    public static TheoryData<string> Keys => new(AllKeys.Where(key => !IsElement(key)));

    private static IEnumerable<string> AllKeys => ConfigurationSchema.All.Select(setting => setting.Key);

    [Fact]
    public void Load_Nothing_IsTheBuiltInDefaults()
    {
        var expected = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["endpoints.ingest"] = "\"tcp://127.0.0.1:5570\"",
            ["endpoints.requests"] = "\"tcp://127.0.0.1:5571\"",
            ["endpoints.predictions"] = "\"tcp://127.0.0.1:5572\"",
            ["endpoints.subscribe"] = "[]",
            ["models"] = "null",
            ["streams.max"] = "100000",
            ["streams.idleAfter"] = "null",
            ["streams.onGap"] = "\"step\"",
            ["streams.adapt"] = "null",
            ["anomalies.threshold"] = "0.8",
            ["anomalies.clear"] = "0.5",
            ["limits.frame"] = "1048576",
            ["limits.memory"] = "null",
            ["limits.connections"] = "10000",
            ["limits.predictions"] = "65536",
            ["limits.replies"] = "268435456",
            ["frame.maxTicks"] = "4096",
            ["frame.idle"] = "\"block\"",
            ["state.directory"] = "null",
            ["state.durability"] = "\"os\"",
            ["state.snapshotEvery"] = "\"00:01:00\"",
            ["state.keep"] = "\"24:00:00\"",
            ["state.maxBytes"] = "null",
            ["state.recordPredictions"] = "false",
            ["state.restoredEvents"] = "false",
            ["http.endpoint"] = "\"http://127.0.0.1:5580\"",
            ["http.token"] = "null",
            ["engine.kind"] = "\"auto\"",
            ["engine.kernel"] = "\"auto\"",
            ["engine.threads"] = "1",
            ["engine.device"] = "null",
            ["security.curve"] = "null",
            ["security.insecure"] = "false",
            ["telemetry.histograms"] = "true",
            ["telemetry.stageHistograms"] = "true",
            ["telemetry.staleAfter"] = "\"00:05:00\"",
            ["telemetry.rawSamples"] = "null",
            ["stop.timeout"] = "\"00:00:05\"",
        };
        var result = ConfigurationFile.Load();
        Assert.Empty(result.Errors);
        Assert.Null(result.File);
        Assert.Empty(result.Origins);
        Assert.Equal(expected, ValuesOf(result));
        Assert.Equal(expected, ConfigurationSchema.All.Where(s => !IsElement(s.Key))
            .ToDictionary(s => s.Key, s => s.Default!));
    }

    [Fact]
    public void Load_TheExampleOfTheManual_IsTheDefaults()
    {
        using var file = ConfigurationFile.With("""
            {
              // Everything as it is built in.
              "endpoints": { "ingest": "tcp://127.0.0.1:5570", "requests": "tcp://127.0.0.1:5571",
                             "predictions": "tcp://127.0.0.1:5572", "subscribe": [] },
              "streams": { "max": 100000, "idleAfter": null, "onGap": "step" },   // step | impute | reset
              "limits": { "frame": 1048576, "memory": null, "connections": 10000 },
              "frame": { "maxTicks": 4096, "idle": "block" },
              "state": { "directory": null, "durability": "os", "snapshotEvery": "00:01:00", "keep": "24:00:00",
                         "maxBytes": null },
              "http": { "endpoint": "http://127.0.0.1:5580" },
              "engine": { "kind": "auto", "kernel": "auto", "threads": 1, "device": null },
              "security": { "curve": null },
              "telemetry": { "stageHistograms": true },
              "stop": { "timeout": "00:00:05" },   /* and a comma */
            }
            """);
        Assert.Equal(ValuesOf(ConfigurationFile.Load()), ValuesOf(file.Load()));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Load_AKeyInTheFile_OverridesTheDefaultAndNoOther(string key)
    {
        using var file = ConfigurationFile.With(Json(key, Other[key]));
        CheckOnly(key, file.Load());
        Assert.StartsWith(file.File + ":1:", file.Load().Origins[key], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Load_AKeyInTheEnvironment_OverridesTheFile(string key)
    {
        using var file = ConfigurationFile.With(Json(key, DefaultOf(key)));
        foreach (var value in new[] { Other[key], Other[key].Trim('"') })
        {
            var result = file.Load(new Dictionary<string, string> { [VariableOf(key)] = value, ["HOME"] = "/root" });
            CheckOnly(key, result);
            Assert.Equal(VariableOf(key), result.Origins[key]);
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Load_AKeyBySet_OverridesEnvironmentAndFile(string key)
    {
        using var file = ConfigurationFile.With(Json(key, DefaultOf(key)));
        var environment = new Dictionary<string, string> { [VariableOf(key)] = DefaultOf(key) };
        foreach (var value in new[] { Other[key], Other[key].Trim('"') })
        {
            CheckOnly(key, file.Load(environment, $"{key}={DefaultOf(key)}", $"{key}={value}"));
        }
    }

    [Fact]
    public void Load_APlainStringToSubscribe_ConnectsWithEveryTopic()
    {
        using var file = ConfigurationFile.With("{\"endpoints\": {\"subscribe\": [\"tcp://plant-7:5555\"]}}");
        var subscription = Assert.Single(file.Load().Options!.Endpoints.Subscribe);
        Assert.Equal("tcp://plant-7:5555", subscription.Endpoint);
        Assert.False(subscription.Bind);
        Assert.Equal([""], subscription.Topics);
    }

    [Fact]
    public void Load_AModelWithoutStreams_ServesEveryStream()
    {
        var result = ConfigurationFile.Load("models=[{\"name\":\"m\",\"file\":\"m.safetensors\"}]");
        Assert.Equal(["*"], Assert.Single(result.Options!.Models!).Streams);
    }

    [Fact]
    public void Load_RelativePaths_StartWhereTheirSourceDoes()
    {
        using var file = ConfigurationFile.With("""
            { "models": [ { "name": "a", "file": "models/a.safetensors" }, { "name": "b", "file": "/b.safetensors" } ],
              "state": { "directory": "../state" }, "security": { "curve": { "secretKey": "curve.key",
                "clients": [ { "name": "c", "keyFile": "c.pub" } ] } } }
            """);
        var options = file.Load().Options!;
        Assert.Equal([file.Folder + "/models/a.safetensors", "/b.safetensors"], options.Models!.Select(m => m.File));
        Assert.Equal(Path.GetDirectoryName(file.Folder) + "/state", options.State.Directory);
        Assert.Equal(file.Folder + "/curve.key", options.Security.Curve!.SecretKey);
        Assert.Equal(file.Folder + "/c.pub", options.Security.Curve.Clients.Listed[0].KeyFile);
        options = file.Load(null, "models=[{\"name\":\"a\",\"file\":\"a.safetensors\"}]").Options!;
        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "a.safetensors"), options.Models![0].File);
    }

    [Fact]
    public void Load_TheDefaultFile_IsReadWhereItIsAndNoneIsNamed()
    {
        using var file = ConfigurationFile.With("{\"streams\": {\"max\": 3}}");
        var none = new Dictionary<string, string>();
        var result = ConfigurationLoader.Load(null, none, [], defaultFile: file.File);
        Assert.Equal((file.File, 3), (result.File, result.Options!.Streams.Max));
        using var other = ConfigurationFile.With("{}");
        result = ConfigurationLoader.Load(other.File, none, [], defaultFile: file.File);
        Assert.Equal((other.File, 100_000), (result.File, result.Options!.Streams.Max));
    }

    [Fact]
    public void Load_AByteOrderMark_IsNotPartOfTheFirstColumn()
    {
        using var good = ConfigurationFile.With([.. "\uFEFF{}"u8]);
        Assert.Empty(good.Load().Errors);
        Assert.StartsWith("f.json:1:2: ", ConfigurationFile.Errors("\uFEFF{\"x\": 1}")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AWholeSectionBySet_ChangesOnlyWhatItNames()
    {
        var options = ConfigurationFile.Load("frame={\"idle\":\"spin\"}", "engine.device=1").Options!;
        Assert.Equal((IdleMode.Spin, 4096), (options.Frame.Idle, options.Frame.MaxTicks));
        Assert.Equal("1", options.Engine.Device);
    }

    [Fact]
    public void Load_TextThatLooksLikeJson_IsTextWhereTheKeyTakesText()
    {
        var options = ConfigurationFile.Load("state.directory=123", "security.curve=null").Options!;
        Assert.Equal(Path.Combine(Directory.GetCurrentDirectory(), "123"), options.State.Directory);
        Assert.Null(options.Security.Curve);
        Assert.Equal("=", ConfigurationFile.Load("engine.device==").Options!.Engine.Device);
    }

    [Fact]
    public void Load_AnHttpEndpointWithASlash_LosesIt()
    {
        var options = ConfigurationFile.Load("http.endpoint=http://0.0.0.0:80/", "security.insecure=true").Options!;
        Assert.Equal("http://0.0.0.0:80", options.Http.Endpoint);
    }

    [Fact]
    public void All_EverySetting_IsDescribedAndEveryOptionIsInTheTable()
    {
        Assert.All(ConfigurationSchema.All, setting =>
        {
            Assert.NotEmpty(setting.Type);
            Assert.NotEmpty(setting.Expected);
            Assert.InRange(setting.Description.Length, 10, 120);
        });
        Assert.Equal(ConfigurationSchema.All.Count, ConfigurationSchema.All.Select(s => s.Key).Distinct().Count());
        var inRecords = typeof(RealtimeOptions).GetProperties().SelectMany(section =>
            section.Name == "Models"
                ? ["models"]
                : section.PropertyType.GetProperties().Where(p => p.Name != "EqualityContract")
                    .Select(p => Camel(section.Name) + "." + Camel(p.Name)));
        Assert.Equal(inRecords.Order(), AllKeys.Where(key => !IsElement(key)).Order());
        Assert.Equal(
            ["security.curve.clients", "security.curve.clients[].hears", "security.curve.clients[].key",
             "security.curve.clients[].keyFile", "security.curve.clients[].mayControl",
             "security.curve.clients[].name", "security.curve.clients[].streams",
             "security.curve.clients[].ticksPerSecond", "security.curve.secretKey", "models[].adapt",
             "models[].adapt.features", "models[].adapt.forgetting", "models[].adapt.kind", "models[].adapt.ridge",
             "models[].file", "models[].name", "models[].streams", "models[].warmTicks",
             "endpoints.subscribe[].bind", "endpoints.subscribe[].endpoint",
             "endpoints.subscribe[].serverKey", "endpoints.subscribe[].topics"],
            AllKeys.Where(IsElement).OrderByDescending(key => key[0]).ThenBy(key => key));
    }

    [Theory]
    [InlineData("00:00:00", 0)]
    [InlineData("00:01:00", 60)]
    [InlineData("24:00:00", 86400)]
    [InlineData("1.00:00:00", 86400)]
    [InlineData("1.02:03:04.5", 93784.5)]
    [InlineData("0:0:1", 1)]
    [InlineData("00:00:00.0000001", 1e-7)]
    public void Duration_WellFormed_IsReadAndWrittenBack(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromTicks((long)Math.Round(seconds * 1e7)), value);
        Assert.True(Duration.TryParse(Duration.Format(value), out var again));
        Assert.Equal(value, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("60")]
    [InlineData("01:00")]
    [InlineData("-00:00:01")]
    [InlineData("00:00:60")]
    [InlineData("1.24:00:00")]
    [InlineData("00:00:01.")]
    [InlineData("00:00:01.12345678")]
    [InlineData(" 00:00:01")]
    [InlineData("999999999:00:00")]
    [InlineData("1000000.00:00:01")]
    public void Duration_Malformed_IsRefused(string text)
    {
        Assert.False(Duration.TryParse(text, out _));
    }

    private static void CheckOnly(string key, ConfigurationResult result)
    {
        Assert.Empty(result.Errors);
        var expected = ValuesOf(ConfigurationFile.Load());
        Assert.NotEqual(Other[key], expected[key]);
        expected[key] = Other[key];
        Assert.Equal(expected, ValuesOf(result));
    }

    private static Dictionary<string, string> ValuesOf(ConfigurationResult result) =>
        ConfigurationSchema.Values(result.Options!).ToDictionary(pair => pair.Key, pair => pair.Value);

    private static string DefaultOf(string key) => ConfigurationSchema.All.Single(s => s.Key == key).Default!;

    private static string VariableOf(string key) =>
        "REALTIMED__" + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    private static string Json(string key, string value)
    {
        var parts = key.Split('.');
        return parts.Length == 1
            ? $"{{\"{key}\": {value}}}"
            : $"{{\"{parts[0]}\": {{\"{parts[1]}\": {value}}}}}";
    }

    // Within a list or an object that is given as a whole.
    private static bool IsElement(string key) =>
        key.Contains('[') || key.StartsWith("security.curve.", StringComparison.Ordinal);

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
