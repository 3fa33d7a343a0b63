using System.Globalization;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>
/// Log entries as entries of the journal, with level, category, event and each named value as a field of its own; what
/// the journal does not take goes to standard error, with its level in front.
/// </summary>
internal sealed class JournalLoggerProvider(JournalSocket socket, TextWriter error) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new JournalLogger(categoryName, socket, error);

    public void Dispose() => socket.Dispose();
}

internal sealed class JournalLogger(string category, JournalSocket socket, TextWriter error) : ILogger
{
    private const string Template = "{OriginalFormat}";

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var message = formatter(state, exception);
        if (exception is not null)
            message = $"{message}: {exception.Message}";
        var priority = PriorityOf(logLevel);
        var entry = new JournalEntry()
            .Add("MESSAGE", message)
            .Add("PRIORITY", priority.ToString(CultureInfo.InvariantCulture))
            .Add("SYSLOG_IDENTIFIER", "realtimed")
            .Add("REALTIMED_CATEGORY", category)
            .Add("REALTIMED_EVENT_ID", eventId.Id.ToString(CultureInfo.InvariantCulture));
        if (exception is not null)
            entry.Add("REALTIMED_EXCEPTION", exception.ToString());
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            foreach (var (name, value) in values)
                if (name != Template && value is not null)
                    entry.Add(JournalEntry.NameOf(name), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        if (!socket.TrySend(entry))
            WriteLine(priority, exception is null ? message : $"{message} {exception}");
    }

    private void WriteLine(int priority, string text)
    {
        var line = $"<{priority}>{text.ReplaceLineEndings(" ")}";
        lock (error)
            error.WriteLine(line);
    }

    private static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };
}
