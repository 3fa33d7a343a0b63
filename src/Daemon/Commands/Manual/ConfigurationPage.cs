using Realtime.Daemon.Configuration;
using Realtime.Daemon.Reloading;

namespace Realtime.Daemon.Commands;

/// <summary>realtimed.json(5).</summary>
internal static class ConfigurationPage
{
    public const string File = "realtimed.json.5";

    public static string Write()
    {
        var page = new Roff("realtimed.json", 5, "File formats")
            .Heading("Name").Line("realtimed.json \\- configuration of realtimed")
            .Heading("Description")
            .Paragraph("JSON with comments (// and /* */) and trailing commas, in UTF-8. Every setting is optional: "
                + "what is not given has its default, and without any file the daemon runs on its defaults. A "
                + "relative path starts at the file's folder.")
            .Paragraph("Read is the file named by --config, else /etc/realtimed/realtimed.json where it exists. The "
                + "environment overrides it, REALTIMED__SECTION__KEY=value, and --set section.key=value overrides "
                + "both. A value there is JSON, or the bare characters of a text.")
            .Paragraph("An unknown key, a wrong type or a value out of range ends the start with exit code 78, every "
                + "fault on a line of its own: file:line:column: what was found, what was expected, and the nearest "
                + "known key.")
            .Code("realtimed.json:12:5: found the unknown key \"frame.maxTick\", expected maxTicks, idle; did you "
                + "mean \"maxTicks\"?")
            .Paragraph("realtimed config init writes a file with every setting, commented out at its default; "
                + "realtimed config schema prints a JSON Schema of it for editors. A duration is "
                + "\"hours:minutes:seconds\", with a fraction of a second where wanted, or "
                + "\"days.hours:minutes:seconds\".")
            .Heading("Settings")
            .Paragraph("SIGHUP and the request reload put in force those marked \"reload\"; the others wait for the "
                + "next start, which the log says.");
        foreach (var setting in ConfigurationSchema.All)
        {
            var when = setting.Key.StartsWith("models", StringComparison.Ordinal) || LiveSettings.Has(setting.Key)
                ? " [reload]" : "";
            page.Term(
                [setting.Key, $" {setting.Type}{when}"],
                $"{char.ToUpperInvariant(setting.Description[0])}{setting.Description[1..]}.");
            page.Text(
                $"Takes {setting.Expected}; {(setting.Default is { } value ? $"default {value}" : "must be given")}.");
        }

        return page
            .Heading("Files")
            .Term("/etc/realtimed/realtimed.json", "The configuration of the service realtimed.")
            .Term("/etc/realtimed/NAME.json", "That of the instance realtimed@NAME.")
            .Heading("Example")
            .Code(
                "{", "  \"models\": [{ \"name\": \"pump\", \"file\": \"models/pump.safetensors\", \"streams\": "
                    + "[\"pump/*\"] },",
                "             { \"name\": \"rest\", \"file\": \"models/rest.safetensors\" }],",
                "  \"streams\": { \"idleAfter\": \"168:00:00\" },",
                "  \"state\": { \"directory\": \"/var/lib/realtimed\", \"durability\": \"fsync\" },", "}")
            .Heading("See also").Line(".BR realtimed (1),").Line(".BR realtimed\\-protocol (7)")
            .ToString();
    }
}
