using System.Text;
using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Tests.Configuration;

public sealed class BadConfigurationTests
{
    private const string Tcp = "tcp://host:port with a port from 0 to 65535, or ipc://path";
    private const string Http = "http://host:port with a port from 0 to 65535, or null";
    private const string Time = "as \"hours:minutes:seconds\", such as \"00:01:00\"";
    private const string Patterns =
        "a pattern of 1 to 255 bytes without control characters, such as \"pump/*\"";

    [Theory]
    // Keys
    [InlineData("{\"endponts\": {}}", "1:2: found the unknown key \"endponts\", expected models, endpoints, streams, "
        + "anomalies, limits, frame, state, http, engine, security, telemetry, stop; did you mean \"endpoints\"?")]
    [InlineData("{\n  \"frame\": { \"idle\": \"spin\", \"maxTick\": 3 }\n}",
        "2:30: found the unknown key \"frame.maxTick\", expected maxTicks, idle; did you mean \"maxTicks\"?")]
    [InlineData("{\"frame\": { \"MaxTicks\": 3 }}",
        "1:13: found the unknown key \"frame.MaxTicks\", expected maxTicks, idle; did you mean \"maxTicks\"?")]
    [InlineData("{\"frame\": { \"max\\n.Ticks\": 3 }}",
        "1:13: found the unknown key \"frame.max\\n.Ticks\", expected maxTicks, idle")]
    [InlineData("{\"http\": { \"wholly\": 3 }}",
        "1:12: found the unknown key \"http.wholly\", expected endpoint, token")]
    [InlineData("{\"limits\": { \"ingest\": \"ipc://x\" }}",
        "1:14: found the unknown key \"limits.ingest\", expected frame, memory, connections, "
        + "predictions, replies; did you mean \"endpoints.ingest\"?")]
    [InlineData("{\"stop\": { \"timeout\": \"00:00:01\",\n\"timeout\": \"00:00:02\" }}",
        "2:1: found stop.timeout a second time, expected it once: it is at f.json:1:12")]
    [InlineData("{\"stop\": {}, \"stop\": {}}",
        "1:14: found stop a second time, expected it once: it is at f.json:1:2")]
    // Types
    [InlineData("[]", "1:1: found an empty list, expected an object with the sections of the configuration")]
    [InlineData("{\"frame\": 5}", "1:11: found 5 for frame, expected an object with maxTicks, idle")]
    [InlineData("{\"frame\": {\"maxTicks\": \"5\"}}",
        "1:24: found \"5\" for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("{\"frame\": {\"maxTicks\": null}}",
        "1:24: found null for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("{\"frame\": {\"maxTicks\": 1.5}}",
        "1:24: found 1.5 for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("{\"telemetry\": {\"stageHistograms\": 1}}",
        "1:35: found 1 for telemetry.stageHistograms, expected true or false")]
    [InlineData("{\"models\": {}}", 
        "1:12: found an object for models, expected a list of one or more models, or null")]
    [InlineData("{\"models\": []}",
        "1:12: found an empty list for models, expected a list of one or more models, or null")]
    [InlineData("{\"models\": [\"m\"]}",
        "1:13: found \"m\" for models[0], expected an object with name, file, streams, warmTicks, adapt")]
    [InlineData("{\"state\": {\"directory\": 7}}", "1:25: found 7 for state.directory, expected a path, or null")]
    [InlineData("{\"engine\": {\"device\": -1}}",
        "1:23: found -1 for engine.device, expected part of a device's name or its index, or null")]
    // Ranges
    [InlineData("{\"frame\": {\"maxTicks\": 0}}",
        "1:24: found 0 for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("{\"limits\": {\"frame\": 67108865}}",
        "1:22: found 67108865 for limits.frame, expected a whole number from 64 to 67108864")]
    [InlineData("{\"limits\": {\"frame\": 99999999999999999999}}",
        "1:22: found 99999999999999999999 for limits.frame, expected a whole number from 64 to 67108864")]
    [InlineData("{\"limits\": {\"memory\": -1}}",
        "1:23: found -1 for limits.memory, expected a whole number of at least 4096, or null")]
    [InlineData("{\"engine\": {\"threads\": 0}}",
        "1:24: found 0 for engine.threads, expected a whole number from 1 to 1024")]
    // Numbers
    [InlineData("{\"anomalies\": {\"threshold\": 1.5}}",
        "1:29: found 1.5 for anomalies.threshold, expected a number from 0 to 1, or null")]
    [InlineData("{\"anomalies\": {\"threshold\": 0.6, \"clear\": 0.7}}",
        "1:43: found 0.7 for anomalies.clear and 0.6 for anomalies.threshold, "
            + "expected a clear of at most the threshold")]
    [InlineData("{\"anomalies\": {\"threshold\": 0.4}}",
        "1:29: found 0.5 for anomalies.clear and 0.4 for anomalies.threshold, "
            + "expected a clear of at most the threshold")]
    // Heads that learn
    [InlineData("{\"streams\": {\"adapt\": \"non\"}}",
        "1:23: found \"non\" for streams.adapt, expected \"none\" or an object with kind, forgetting, ridge, features, "
            + "or null; did you mean \"none\"?")]
    [InlineData("{\"streams\": {\"adapt\": {\"forgetting\": 2}}}",
        "1:38: found 2 for streams.adapt.forgetting, expected a number from 0.5 to 1, or null")]
    [InlineData("{\"streams\": {\"adapt\": {\"kind\": \"lms\"}}}",
        "1:32: found \"lms\" for streams.adapt.kind, expected rls; did you mean \"rls\"?")]
    // Enumerations
    [InlineData("{\"streams\": {\"onGap\": \"rest\"}}",
        "1:23: found \"rest\" for streams.onGap, expected step, impute or reset; did you mean \"reset\"?")]
    [InlineData("{\"state\": {\"durability\": \"Fsync\"}}",
        "1:26: found \"Fsync\" for state.durability, expected none, os or fsync; did you mean \"fsync\"?")]
    [InlineData("{\"engine\": {\"kernel\": \"avx2\"}}",
        "1:23: found \"avx2\" for engine.kernel, expected auto, scalar, vector128, vector256 or vector512")]
    [InlineData("{\"engine\": {\"kernel\": \"vector265\"}}",
        "1:23: found \"vector265\" for engine.kernel, expected auto, scalar, vector128, vector256 or vector512; "
        + "did you mean \"vector256\"?")]
    [InlineData("{\"engine\": {\"kind\": 1}}", "1:21: found 1 for engine.kind, expected auto, cpu or gpu")]
    // Durations
    [InlineData("{\"stop\": {\"timeout\": \"5s\"}}",
        "1:22: found \"5s\" for stop.timeout, expected a duration from 00:00:00 to 01:00:00 " + Time)]
    [InlineData("{\"stop\": {\"timeout\": 5}}",
        "1:22: found 5 for stop.timeout, expected a duration from 00:00:00 to 01:00:00 " + Time)]
    [InlineData("{\"stop\": {\"timeout\": \"24:00:00\"}}",
        "1:22: found \"24:00:00\" for stop.timeout, expected a duration from 00:00:00 to 01:00:00 " + Time)]
    [InlineData("{\"streams\": {\"idleAfter\": \"00:60:00\"}}",
        "1:27: found \"00:60:00\" for streams.idleAfter, expected a duration from 00:00:00.001 to 87600:00:00 "
        + Time + ", or null")]
    // Endpoints
    [InlineData("{\"endpoints\": {\"ingest\": \"inproc://x\"}}",
        "1:26: found \"inproc://x\" for endpoints.ingest, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"ingest\": \"tcp://127.0.0.1:65536\"}}",
        "1:26: found \"tcp://127.0.0.1:65536\" for endpoints.ingest, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"requests\": \"tcp://127.0.0.1\"}}",
        "1:28: found \"tcp://127.0.0.1\" for endpoints.requests, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"predictions\": \"ipc://\"}}",
        "1:31: found \"ipc://\" for endpoints.predictions, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"ingest\": null}}", "1:26: found null for endpoints.ingest, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"subscribe\": [\"tcp://h:1\", \"udp://h:1\"]}}",
        "1:43: found \"udp://h:1\" for endpoints.subscribe[1].endpoint, expected " + Tcp)]
    [InlineData("{\"endpoints\": {\"subscribe\": [{\"bind\": true}]}}",
        "1:30: found no \"endpoint\" in endpoints.subscribe[0], expected one: a publisher's address")]
    [InlineData("{\"endpoints\": {\"subscribe\": [{\"endpoint\": \"tcp://h:1\", \"topic\": \"\"}]}}",
        "1:56: found the unknown key \"endpoints.subscribe[0].topic\", expected endpoint, bind, topics, "
        + "serverKey; did you mean \"topics\"?")]
    [InlineData("{\"endpoints\": {\"subscribe\": [\"tcp://*:5555\"]}}",
        "1:30: found \"tcp://*:5555\" for endpoints.subscribe[0].endpoint, expected a host and a port from 1 to 65535 "
        + "to connect to, or \"bind\": true")]
    [InlineData("{\"http\": {\"endpoint\": \"https://127.0.0.1:1\"}}",
        "1:23: found \"https://127.0.0.1:1\" for http.endpoint, expected " + Http)]
    [InlineData("{\"http\": {\"endpoint\": \"http://127.0.0.1:1/metrics\"}}",
        "1:23: found \"http://127.0.0.1:1/metrics\" for http.endpoint, expected " + Http)]
    // Conflicts
    [InlineData("{\"endpoints\": {\"ingest\": \"tcp://127.0.0.1:7\", \"requests\": \"tcp://localhost:7\"}}",
        "1:59: found \"tcp://localhost:7\" for endpoints.requests, expected another address than that of "
        + "endpoints.ingest, \"tcp://127.0.0.1:7\"")]
    [InlineData("{\"endpoints\": {\"ingest\": \"tcp://*:5572\"}, \"security\": {\"insecure\": true}}",
        "1:26: found \"tcp://*:5572\" for endpoints.ingest, expected another address than that of "
        + "endpoints.predictions, \"tcp://127.0.0.1:5572\"")]
    [InlineData("{\"http\": {\"endpoint\": \"http://[::]:5571\"}, \"security\": {\"insecure\": true}}",
        "1:23: found \"http://[::]:5571\" for http.endpoint, expected another address than that of "
        + "endpoints.requests, \"tcp://127.0.0.1:5571\"")]
    [InlineData("{\"endpoints\": {\"ingest\": \"ipc://a\", "
        + "\"subscribe\": [{\"endpoint\": \"ipc://a\", \"bind\": true}]}}",
        "1:64: found \"ipc://a\" for endpoints.subscribe[0].endpoint, expected another address than that of "
        + "endpoints.ingest, \"ipc://a\"")]
    // What other machines reach
    [InlineData("{\"endpoints\": {\"ingest\": \"tcp://0.0.0.0:7\"}}",
        "1:26: found \"tcp://0.0.0.0:7\" for endpoints.ingest, which other machines reach, expected a loopback "
        + "address, or security.curve (realtimed keygen makes keys), or security.insecure: true")]
    [InlineData("{\"endpoints\": {\"requests\": \"tcp://eth0:7\"}, \"http\": {\"token\": \"/t\"}}",
        "1:28: found \"tcp://eth0:7\" for endpoints.requests, which other machines reach, expected a loopback "
        + "address, or security.curve (realtimed keygen makes keys), or security.insecure: true")]
    [InlineData("{\"http\": {\"endpoint\": \"http://192.0.2.1:7\"}}",
        "1:23: found \"http://192.0.2.1:7\" for http.endpoint, which other machines reach, expected a loopback "
        + "address, or http.token, or security.insecure: true")]
    [InlineData("{\"security\": {\"curve\": {\"secretKey\": \"k\", \"clients\": [{\"name\": \"a\"}]}}}",
        "1:64: found neither key and keyFile for security.curve.clients[0], expected one of them")]
    [InlineData("{\"security\": {\"curve\": {\"secretKey\": \"credential:../k\", \"clients\": []}}}",
        "1:38: found \"credential:../k\" for security.curve.secretKey, expected a path or \"credential:NAME\"")]
    [InlineData("{\"security\": {\"curve\": {\"secretKey\": \"k\", \"clients\": [{\"name\": \"a\", \"key\": \"b\"}]}}}",
        "1:76: found \"b\" for security.curve.clients[0].key, expected a public CURVE key, 40 characters of Z85, "
        + "or null")]
    [InlineData("{\"endpoints\": {\"subscribe\": [{\"endpoint\": \"ipc://a\", \"bind\": true, \"serverKey\": "
        + "\"yB1qYRd@w(s<uV}NhJZd?g!ziyEmC3WajI6Dp37A\"}]}}",
        "1:81: found a key for endpoints.subscribe[0].serverKey, expected none: who binds, with \"bind\": true, has "
        + "the key of security.curve itself")]
    // Models
    [InlineData("{\"models\": [{\"name\": \"a\"}]}",
        "1:13: found no \"file\" in models[0], expected one: the model file, relative to the configuration "
        + "file's folder")]
    [InlineData("{\"models\": [{\"file\": \"a\"}]}",
        "1:13: found no \"name\" in models[0], expected one: the model's name in predictions and metrics")]
    [InlineData("{\"models\": [{\"name\": \"\", \"file\": \"a\"}]}",
        "1:22: found \"\" for models[0].name, expected a name of 1 to 255 bytes without control characters")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"\"}]}",
        "1:35: found \"\" for models[0].file, expected a path")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\"},\n{\"name\": \"m\", \"file\": \"b\"}]}",
        "2:10: found \"m\" for models[1].name, expected another name than that of models[0]")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"stream\": []}]}",
        "1:40: found the unknown key \"models[0].stream\", expected name, file, streams, warmTicks, adapt; "
            + "did you mean \"streams\"?")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"streams\": []}]}",
        "1:51: found an empty list for models[0].streams, expected a list of one or more patterns")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"streams\": \"*\"}]}",
        "1:51: found \"*\" for models[0].streams, expected a list of one or more patterns")]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"streams\": [\"a\", \"\"]}]}",
        "1:57: found \"\" for models[0].streams[1], expected " + Patterns)]
    [InlineData("{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"streams\": [\"a\\n\"]}]}",
        "1:52: found \"a\\n\" for models[0].streams[0], expected " + Patterns)]
    // Places in characters, after comments and other alphabets
    [InlineData("{ // é\n  /* 😀é */ \"frame\": {\"é\": 1} }",
        "2:22: found the unknown key \"frame.é\", expected maxTicks, idle")]
    [InlineData("{\r\n\t\"stop\": {\"x\\u0041\": 1,},\r\n}",
        "2:11: found the unknown key \"stop.xA\", expected timeout")]
    public void Load_ABadFile_SaysWhatWhereAndWhatInstead(string text, string expected)
    {
        Assert.Equal(["f.json:" + expected], ConfigurationFile.Errors(text));
    }

    [Theory]
    [InlineData("", "1:1: found the end of the text, expected a value")]
    [InlineData("  \n // nothing\n", "3:1: found the end of the text, expected a value")]
    [InlineData("{\n  \"frame\": {\n", "3:1: found the end of the text, expected '}' for what opens at f.json:2:12")]
    [InlineData("{\"models\": [", "1:13: found the end of the text, expected ']' for what opens at f.json:1:12")]
    [InlineData("{\n\"é\": 1 \"b\": 2}", "2:8: found a syntax error, expected JSON: *")]
    [InlineData("{\n  frame: {}\n}", "2:3: found frame, expected JSON: names and texts stand in double quotes")]
    [InlineData("frame: {}", "1:1: found frame, expected JSON: names and texts stand in double quotes")]
    [InlineData("{\"frame\": {\"idle\": spin}}",
        "1:20: found spin, expected JSON: names and texts stand in double quotes")]
    [InlineData("{\"a\": True}", "1:7: found True, expected JSON: true, false and null are lower case")]
    [InlineData("{'frame': {}}",
        "1:2: found a single quote, expected JSON: names and texts stand in double quotes")]
    [InlineData("{ # no\n}", "1:3: found #, expected JSON: a comment begins with //")]
    [InlineData("{} x", "1:4: found x, expected JSON: names and texts stand in double quotes")]
    [InlineData("{\"a\": 1,, \"b\": 2}", "1:9: found a syntax error, expected JSON: *")]
    [InlineData("{\"frame\": }", "1:11: found a syntax error, expected JSON: *")]
    [InlineData("{\"frame\": {]}", "1:12: found a syntax error, expected JSON: *")]
    [InlineData("{} {}", "1:4: found a syntax error, expected JSON: *")]
    [InlineData("{\"a\": \"x\ny\"}", "1:9: found a syntax error, expected JSON: *")]
    public void Load_NotJson_SaysWhere(string text, string expected)
    {
        var error = Assert.Single(ConfigurationFile.Errors(text));
        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape("f.json:" + expected)
            .Replace("\\*", "..+", StringComparison.Ordinal) + "$", error);
    }

    [Fact]
    public void Load_NotUtf8_NamesTheByte()
    {
        using var file = ConfigurationFile.With([.. "{\n\"é"u8, 0xE9, .. "\": 1}"u8]);
        Assert.Equal(["f.json:2:3: found the byte 0xe9, expected UTF-8"], file.Errors(file.Load()));
    }

    [Fact]
    public void Load_HalfASurrogatePair_IsAnUnknownKey()
    {
        var error = Assert.Single(ConfigurationFile.Errors("{\"frame\\ud800\": 1}"));
        Assert.StartsWith("f.json:1:2: found the unknown key \"frame", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TooDeep_IsAnError()
    {
        var error = Assert.Single(ConfigurationFile.Errors(new string('[', 100_000)));
        Assert.StartsWith("f.json:1:65: found a syntax error, expected JSON", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ManyErrors_ReportsAllInTheOrderOfTheFile()
    {
        var text = """
            {
              "models": [ { "name": "m", "file": "a" }, { "name": "m", "file": "b" }, { "nam": 3 } ],
              "frame": { "maxTicks": 0, "idle": "sleep" },
              "frames": {},
              "stop": { "timeout": "1m" },
            }
            """;
        Assert.Equal(
            ["2:55", "2:75", "2:75", "2:77", "3:26", "3:37", "4:3", "5:24"],
            ConfigurationFile.Errors(text).Select(error => string.Join(':', error.Split(':')[1..3])));
    }

    [Fact]
    public void Load_ABadEndpoint_IsNotComparedWithOthers()
    {
        var errors = ConfigurationFile.Errors(
            "{\"endpoints\": {\"ingest\": 5, \"requests\": \"tcp://127.0.0.1:5570\"}}");
        Assert.StartsWith("f.json:1:26: found 5", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PortZeroTwice_IsNoConflict()
    {
        using var file = ConfigurationFile.With("""
            { "endpoints": { "ingest": "tcp://*:0", "requests": "tcp://*:0" }, "http": { "endpoint": "http://*:0" },
              "security": { "insecure": true } }
            """);
        Assert.Empty(file.Load().Errors);
    }

    [Fact]
    public void Load_AFileThatIsNotThere_IsAnError()
    {
        using var file = ConfigurationFile.With("{}");
        var nothing = new Dictionary<string, string>();
        var none = ConfigurationLoader.Load(Path.Combine(file.Folder, "none.json"), nothing, []);
        Assert.Equal(["none.json: found no such file, expected a configuration file"], file.Errors(none));
        var folder = ConfigurationLoader.Load(file.Folder, nothing, []);
        Assert.Equal([file.Folder + ": found a folder, expected a configuration file"], folder.Errors);
    }

    [Fact]
    public void Load_ALongText_IsShortenedAndOnOneLine()
    {
        var error = Assert.Single(ConfigurationFile.Errors(
            "{\"frame\": {\"idle\": \"" + new string('x', 500) + "\\n\"}}"));
        Assert.Equal("f.json:1:20: found \"" + new string('x', 60)
            + "…\" for frame.idle, expected block or spin", error);
    }

    [Fact]
    public void Load_APatternOf255Bytes_IsTheLongest()
    {
        string Text(int length) => "{\"models\": [{\"name\": \"m\", \"file\": \"a\", \"streams\": [\""
            + string.Concat(Enumerable.Repeat("é", length / 2)) + new string('a', length % 2) + "\"]}]}";
        Assert.Empty(ConfigurationFile.Errors(Text(255)));
        Assert.Single(ConfigurationFile.Errors(Text(256)));
    }

    [Theory]
    [InlineData("frame", "--set frame: found no \"=\", expected section.key=value")]
    [InlineData("frame.maxTick=3",
        "--set frame.maxTick=3: found the unknown key \"frame.maxTick\", expected maxTicks, idle; "
        + "did you mean \"maxTicks\"?")]
    [InlineData("=3", "--set =3: found the unknown key \"\", expected models, endpoints, streams, "
        + "anomalies, limits, frame, state, http, engine, security, telemetry, stop")]
    [InlineData("frame.maxTicks=many",
        "--set frame.maxTicks=many: found \"many\" for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("frame.maxTicks=0",
        "--set frame.maxTicks=0: found 0 for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("frame=3", "--set frame=3: found 3 for frame, expected an object with maxTicks, idle")]
    [InlineData("models=m", "--set models=m: found \"m\" for models, expected a list of one or more models, or null")]
    [InlineData("models=[{\"name\":\"m\"}]", "--set models=[{\"name\":\"m\"}]: found no \"file\" in models[0], "
        + "expected one: the model file, relative to the configuration file's folder")]
    public void Load_ABadSet_NamesTheArgument(string set, string expected)
    {
        Assert.Equal([expected], ConfigurationFile.Load(set).Errors);
    }

    [Theory]
    [InlineData("REALTIMED__FRAME__MAXTICK", "3",
        "REALTIMED__FRAME__MAXTICK: found an unknown variable, expected REALTIMED__SECTION__KEY of a known key; "
        + "did you mean REALTIMED__FRAME__MAXTICKS?")]
    [InlineData("REALTIMED__INGEST", "ipc://x",
        "REALTIMED__INGEST: found an unknown variable, expected REALTIMED__SECTION__KEY of a known key; "
        + "did you mean REALTIMED__ENDPOINTS__INGEST?")]
    [InlineData("REALTIMED__", "3",
        "REALTIMED__: found an unknown variable, expected REALTIMED__SECTION__KEY of a known key")]
    [InlineData("REALTIMED__FRAME__MAXTICKS", "",
        "REALTIMED__FRAME__MAXTICKS: found \"\" for frame.maxTicks, expected a whole number from 1 to 1048576")]
    [InlineData("REALTIMED__FRAME__IDLE", "wait",
        "REALTIMED__FRAME__IDLE: found \"wait\" for frame.idle, expected block or spin")]
    public void Load_ABadVariable_NamesIt(string variable, string value, string expected)
    {
        var result = ConfigurationFile.LoadFrom(new Dictionary<string, string> { [variable] = value });
        Assert.Equal([expected], result.Errors);
    }

    [Fact]
    public void Load_OneKeyByTwoVariables_IsAnError()
    {
        var result = ConfigurationFile.LoadFrom(new Dictionary<string, string>
        {
            ["REALTIMED__FRAME__MAXTICKS"] = "3",
            ["REALTIMED__frame__maxTicks"] = "4",
        });
        Assert.Equal(["REALTIMED__frame__maxTicks: found frame.maxTicks a second time, expected it once: "
            + "REALTIMED__FRAME__MAXTICKS sets it too"], result.Errors);
    }

    [Fact]
    public void Load_ErrorsInEverySource_ReportsAll()
    {
        using var file = ConfigurationFile.With("{\"frame\": {\"maxTicks\": 0}}");
        var environment = new Dictionary<string, string> { ["REALTIMED__FRAME__MAXTICKS"] = "-1" };
        Assert.Equal(["f.json:1:24", "REALTIMED__FRAME__MAXTICKS", "--set frame.maxTicks=-2", "--set x"],
            file.Errors(file.Load(environment, "frame.maxTicks=-2", "x"))
                .Select(error => error[..error.IndexOf(": ", StringComparison.Ordinal)]));
    }
}
