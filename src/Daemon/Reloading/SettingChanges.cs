using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Reloading;

/// <summary>Settings beside the models in which two configurations differ.</summary>
public static class SettingChanges
{
    /// <summary>"frame.maxTicks 4096 became 1024", in the order of the schema.</summary>
    public static IReadOnlyList<string> Between(RealtimeOptions then, RealtimeOptions now) =>
    [
        .. ConfigurationSchema.Values(then).Zip(ConfigurationSchema.Values(now))
            .Where(static pair => pair.First.Key != "models" && pair.First.Value != pair.Second.Value)
            .Select(static pair => $"{pair.First.Key} {pair.First.Value} became {pair.Second.Value}"),
    ];

    /// <summary>The settings alone.</summary>
    internal static IEnumerable<string> Keys(RealtimeOptions then, RealtimeOptions now) =>
        ConfigurationSchema.Values(then).Zip(ConfigurationSchema.Values(now))
            .Where(static pair => pair.First.Value != pair.Second.Value).Select(static pair => pair.First.Key);
}
