using System.Text;

namespace Realtime.Daemon.Configuration;

/// <summary>A configuration file that says what every setting is, each commented out with its default.</summary>
internal static class ExampleConfiguration
{
    private const int Columns = 110;

    // Something made up, so that nobody need guess the form.
    private static readonly Dictionary<string, string> Elements = new()
    {
        ["models"] = "[{ \"name\": \"pump\", \"file\": \"models/pump.safetensors\", \"streams\": [\"pump/*\"] }]",
        ["endpoints.subscribe"] =
            "[\"tcp://192.0.2.7:5556\", { \"endpoint\": \"ipc:///run/plc/ticks\", \"topics\": [\"plc/\"] }]",
        ["security.curve"] =
            "{ \"secretKey\": \"credential:realtimed.curve\", \"clients\": \"/etc/realtimed/clients\" }",
    };

    /// <param name="given">Settings that are not commented out, with their values as JSON.</param>
    public static string Write(IReadOnlyDictionary<string, string> given)
    {
        var text = new StringBuilder();
        text.AppendLine("// Configuration of realtimed; realtimed.json(5) tells more. JSON with comments, and commas "
            + "at the")
            .AppendLine("// end of a list do no harm. What is commented out is the default.")
            .AppendLine("// realtimed check --config FILE reads it and starts nothing; SIGHUP has a running daemon "
                + "read it.")
            .AppendLine("{");
        var section = "";
        foreach (var setting in ConfigurationSchema.Keys)
        {
            var dot = setting.Key.LastIndexOf('.');
            var (inside, name) = (dot < 0 ? "" : setting.Key[..dot], setting.Key[(dot + 1)..]);
            if (inside != section)
            {
                if (section.Length != 0)
                    text.AppendLine("  },").AppendLine();
                if (inside.Length != 0)
                    text.AppendLine($"  \"{inside}\": {{");
                section = inside;
            }

            Write(text, setting, name, given, section.Length == 0 ? "  " : "    ");
        }

        if (section.Length != 0)
            text.AppendLine("  },");
        return text.AppendLine("}").ToString();
    }

    private static void Write(
        StringBuilder text, Setting setting, string name, IReadOnlyDictionary<string, string> given, string indent)
    {
        foreach (var line in Lines($"{setting.Description}: {setting.Expected}", Columns))
            text.AppendLine($"{indent}// {line}");
        if (Elements.TryGetValue(setting.Key, out var elements))
            text.AppendLine($"{indent}// such as {elements}");
        text.AppendLine(given.TryGetValue(setting.Key, out var value)
            ? $"{indent}\"{name}\": {value},"
            : $"{indent}// \"{name}\": {setting.Default},");
        if (indent.Length == 2)
            text.AppendLine();
    }

    private static IEnumerable<string> Lines(string text, int columns)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length != 0 && line.Length + 1 + word.Length > columns)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length == 0 ? "" : " ").Append(word);
        }

        yield return line.ToString();
    }
}
