using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Commands;

public sealed partial class ConfigCommandTests : IDisposable
{
    private const string Validator = """
        import json, sys
        import jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for line in open(sys.argv[2]):
            print("bad" if list(validator.iter_errors(json.loads(line))) else "good")
        """;

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Init_WritesAConfigurationThatIsTheDefaultInEverything()
    {
        var file = Path.Combine(_folder.Path, "realtimed.json");
        await CommandLine.RunWellAsync("config", "init", "--output", file);
        var result = ConfigurationLoader.Load(file, new Dictionary<string, string>(), []);
        Assert.Empty(result.Errors);
        Assert.Empty(result.Origins);
        Assert.Equal(
            ConfigurationSchema.Values(new RealtimeOptions()), ConfigurationSchema.Values(result.Options!));

        var again = await CommandLine.RunAsync("config", "init", "--output", file);
        Assert.Equal(1, again.ExitCode);
        Assert.Equal($"realtimed: {file}: found a file, expected none: it stays as it is\n", again.Error);
    }

    [Fact]
    public async Task Init_HasEverySetting_AndWhatIsCommentedOutIsTheDefault()
    {
        var text = (await CommandLine.RunWellAsync("config", "init")).Output;
        var file = Path.Combine(_folder.Path, "realtimed.json");
        // The settings themselves begin with a quote behind the comment's sign.
        await File.WriteAllTextAsync(file, CommentedSetting().Replace(text, "$1"));
        var result = ConfigurationLoader.Load(file, new Dictionary<string, string>(), []);
        Assert.Empty(result.Errors);
        var settings = ConfigurationSchema.Keys.Select(static one => one.Key);
        Assert.Equal(settings.Order(), result.Origins.Keys.Order());
        Assert.Equal(
            ConfigurationSchema.Values(new RealtimeOptions()), ConfigurationSchema.Values(result.Options!));
        Assert.All(text.Split('\n'), static line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task Init_WithAStateDirectory_SetsIt()
    {
        var file = Path.Combine(_folder.Path, "realtimed.json");
        await File.WriteAllTextAsync(
            file, (await CommandLine.RunWellAsync("config", "init", "--state", "/var/lib/x")).Output);
        var result = ConfigurationLoader.Load(file, new Dictionary<string, string>(), []);
        Assert.Equal("state.directory", Assert.Single(result.Origins).Key);
        Assert.Equal("/var/lib/x", result.Options!.State.Directory);
    }

    [Fact]
    public async Task Schema_KnowsEverySetting()
    {
        var schema = JsonNode.Parse((await CommandLine.RunWellAsync("config", "schema")).Output)!;
        foreach (var setting in ConfigurationSchema.All)
        {
            var node = schema;
            foreach (var part in setting.Key.Split('.'))
                node = Inside(node, part.TrimEnd('[', ']'), part.EndsWith("[]", StringComparison.Ordinal));
            Assert.Contains(setting.Expected.Split(',')[0], Find(schema, setting.Key)["description"]!.ToString());
        }
    }

    // What the program takes the schema takes, and what it refuses for its form the schema refuses.
    [SchemaFact]
    public async Task Schema_AgreesWithTheProgram()
    {
        string[] documents =
        [
            "{}", """{"frame": {"maxTicks": 7}}""", """{"frame": {"maxTick": 7}}""", """{"frame": {"maxTicks": 0}}""",
            """{"frame": {"maxTicks": "7"}}""", """{"frame": {"maxTicks": 7.5}}""", """{"frame": 7}""", "7",
            """{"frames": {}}""", """{"frame": {"idle": "spin"}}""", """{"frame": {"idle": "spins"}}""",
            """{"streams": {"idleAfter": null}}""", """{"streams": {"idleAfter": "1.00:00:00"}}""",
            """{"streams": {"idleAfter": "1h"}}""", """{"streams": {"idleAfter": 5}}""",
            """{"models": null}""", """{"models": []}""", """{"models": [{"name": "m"}]}""",
            """{"models": [{"name": "m", "file": "f", "streams": ["a/*"]}]}""",
            """{"models": [{"name": "m", "file": "f", "streams": []}]}""",
            """{"models": [{"name": "m", "file": "f", "stream": ["a"]}]}""",
            """{"endpoints": {"subscribe": ["tcp://h:1", {"endpoint": "ipc://x", "topics": ["a"]}]}}""",
            """{"endpoints": {"subscribe": [{"topics": ["a"]}]}}""", """{"endpoints": {"ingest": "h:1"}}""",
            """{"http": {"endpoint": null}}""", """{"http": {"endpoint": "https://h:1"}}""",
            """{"engine": {"device": 0}}""", """{"engine": {"device": "pocl"}}""", """{"engine": {"device": -1}}""",
            """{"state": {"directory": "x", "durability": "fsync", "maxBytes": 4096}}""",
            """{"state": {"durability": "disk"}}""", """{"state": {"maxBytes": 4095}}""",
            """{"state": {"recordPredictions": "true"}}""",
            """{"anomalies": {"threshold": 0.9, "clear": 0.2}}""", """{"anomalies": {"threshold": 2}}""",
            """{"anomalies": {"threshold": null}}""", """{"anomalies": {"clear": null}}""",
            """{"streams": {"adapt": "none"}}""", """{"streams": {"adapt": "some"}}""",
            """{"streams": {"adapt": {"ridge": 2, "features": "hidden"}}}""",
            """{"streams": {"adapt": {"ridge": 0}}}""",
            """{"models": [{"name": "m", "file": "f", "adapt": {"kind": "rls", "forgetting": null}}]}""",
            """{"models": [{"name": "m", "file": "f", "adapt": {"forget": 1}}]}""",
            """{"security": {"curve": {"secretKey": "credential:k", "clients": "clients"}}}""",
            """{"security": {"curve": {"secretKey": "k", "clients": [{"name": "a", "keyFile": "f"}]}}}""",
            """{"security": {"curve": {"secretKey": "k"}}}""", """{"security": {"curve": "k"}}""",
            """{"security": {"curve": {"secretKey": "k", "clients": [{"keyFile": "f"}]}}}""",
        ];
        var (schema, lines) = (Path.Combine(_folder.Path, "schema"), Path.Combine(_folder.Path, "lines"));
        await File.WriteAllTextAsync(schema, (await CommandLine.RunWellAsync("config", "schema")).Output);
        await File.WriteAllLinesAsync(lines, documents);
        var found = Validate(schema, lines);
        var expected = documents.Select(document =>
        {
            var file = Path.Combine(_folder.Path, "c.json");
            File.WriteAllText(file, document);
            return ConfigurationLoader.Load(file, new Dictionary<string, string>(), []).Errors.Count == 0
                ? "good" : "bad";
        });
        Assert.Equal(
            documents.Zip(expected, static (document, verdict) => $"{verdict} {document}"),
            documents.Zip(found, static (document, verdict) => $"{verdict} {document}"));
    }

    private static string[] Validate(string schema, string lines) =>
        Command.Say(Command.Python, "-c", Validator, schema, lines).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static JsonNode Find(JsonNode schema, string key)
    {
        var node = schema;
        foreach (var part in key.Split('.'))
            node = Inside(node, part.TrimEnd('[', ']'), part.EndsWith("[]", StringComparison.Ordinal));
        return node;
    }

    // The schema of a property, and of its elements; where there are several, that which is an object.
    private static JsonNode Inside(JsonNode schema, string name, bool elements)
    {
        var node = ObjectOf(schema)["properties"]![name];
        Assert.True(node is not null, $"no {name} in {schema}");
        if (!elements)
            return node;
        var list = node["items"] ?? node["anyOf"]!.AsArray().Select(static one => one!["items"]).First(
            static one => one is not null);
        return list!;
    }

    private static JsonNode ObjectOf(JsonNode schema) => schema["properties"] is not null
        ? schema : schema["anyOf"]!.AsArray().First(static one => one!["properties"] is not null)!;

    [GeneratedRegex(@"^( *)// (?=""[A-Za-z]+"": )", RegexOptions.Multiline)]
    private static partial Regex CommentedSetting();
}

/// <summary>A fact that needs python3-jsonschema; skipped, saying so, where it is missing.</summary>
internal sealed class SchemaFactAttribute : FactAttribute
{
    public SchemaFactAttribute()
    {
        if (!Command.Succeeds(Command.Python, "-c", "import jsonschema"))
            Skip = "NOT TESTED: no jsonschema for python3 (apt-get install python3-jsonschema)";
    }
}
