namespace Realtime.Daemon.Commands;

/// <summary>realtimed(1).</summary>
internal static class ProgramPage
{
    public const string File = "realtimed.1";

    public static string Write(CommandOutline root)
    {
        var page = new Roff("realtimed", 1, "User commands")
            .Heading("Name").Line("realtimed \\- forecasts sensor streams as they arrive")
            .Heading("Synopsis")
            .Line(".B realtimed").Line(".I VERB").Line("[\\fIOPTION\\fR ...]")
            .Heading("Description")
            .Paragraph("realtimed run takes ticks of sensor streams over ZeroMQ, steps each stream's recurrent model "
                + "once per tick, and publishes a forecast. The state of every stream lives in the daemon and, with "
                + "state.directory, survives restarts and crashes bit for bit. The other verbs look after a running "
                + "daemon, its configuration, its journal and its models.")
            .Heading("Verbs");
        foreach (var verb in root.All.Skip(1))
            Write(page, verb);
        page.Heading("Options of every verb");
        foreach (var option in root.Options)
            Write(page, option);
        WriteSignals(page);
        WriteSurroundings(page);
        return page.ToString();
    }

    private static void Write(Roff page, CommandOutline verb)
    {
        var arguments = verb.Arguments.Select(static argument =>
            (argument.IsOptional ? $" [{argument.Name}]" : $" {argument.Name}") + (argument.IsRepeated ? " ..." : ""));
        var options = verb.Options.Where(static option => !IsCommon(option)).ToArray();
        page.Subheading(verb.Path + (verb.Verbs.Count != 0 ? " VERB" : "") + string.Concat(arguments)
            + (options.Length != 0 ? " [OPTION ...]" : ""));
        page.Text(verb.Description + ".");
        foreach (var argument in verb.Arguments.Where(static argument => argument.Description.Length != 0))
            page.Term(["", argument.Name], argument.Description + ".");
        foreach (var option in options)
            Write(page, option);
    }

    private static void Write(Roff page, OptionOutline option)
    {
        List<string> parts = [string.Join(", ", option.Names.Where(static name => name.StartsWith('-')))];
        if (option.ValueName is { } value)
            parts.Add($" {value}");
        page.Term(parts, option.Description + (option.Default is { } fallback ? $"; default {fallback}." : "."));
    }

    private static bool IsCommon(OptionOutline option) => option.Names[0] is "--help" or "--version";

    private static void WriteSignals(Roff page) => page
        .Heading("Signals")
        .Term("SIGTERM, SIGINT", "realtimed run takes no more ticks, finishes the frame, writes a snapshot and ends "
            + "with 0 within stop.timeout.")
        .Term("SIGHUP", "realtimed run reads configuration and models again. States of unchanged models stay; "
            + "realtimed.json(5) marks the settings that take effect. Where anything is wrong the old configuration "
            + "stays in force; the log, the status line of the service manager, and reload in /api/stats say what was "
            + "found.")
        .Heading("Exit status")
        .Term("0", "Done.")
        .Term("1", "Failed at run time; replay --verify: bits differ.")
        .Term("64", "Wrong usage.")
        .Term("78", "Wrong configuration or model, or a state folder that another daemon owns or that is damaged.");

    private static void WriteSurroundings(Roff page) => page
        .Heading("Environment")
        .Term("REALTIMED__SECTION__KEY", "Overrides a setting of the configuration.")
        .Term("NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "Set by a service manager, which is told of readiness, "
            + "status, reloads and the end, and that the frame loop lives.")
        .Term("JOURNAL_STREAM", "Where it names standard error, log entries go to the journal with their fields, "
            + "REALTIMED_MODEL and the like.")
        .Term("NO_COLOR", "Live views without colours.")
        .Heading("Files")
        .Term("/etc/realtimed/realtimed.json", "The configuration where --config names no other.")
        .Term("/var/lib/realtimed", "Journal and snapshots of the service, as its example configuration names it.")
        .Heading("Examples")
        .Code(
            "realtimed config init --state /var/lib/realtimed > realtimed.json",
            "realtimed check --config realtimed.json",
            "realtimed run --config realtimed.json",
            "realtimed sensors",
            "realtimed watch",
            "realtimed streams top",
            "journalctl -u realtimed REALTIMED_MODEL=pump")
        .Heading("See also").Line(".BR realtimed.json (5),").Line(".BR realtimed\\-protocol (7)");
}
