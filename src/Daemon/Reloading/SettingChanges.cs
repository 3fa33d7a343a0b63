using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Reloading;

/// <summary>Settings beside the models that a configuration read again has otherwise.</summary>
public static class SettingChanges
{
    /// <summary>"frame.maxTicks 4096 became 1024", in the order of the schema.</summary>
    public static IReadOnlyList<string> Between(RealtimeOptions then, RealtimeOptions now) =>
    [
        .. ConfigurationSchema.Values(then).Zip(ConfigurationSchema.Values(now))
            .Where(static pair => pair.First.Key != "models" && !IsKeys(pair.First, pair.Second)
                && pair.First.Value != pair.Second.Value)
            .Select(static pair => $"{pair.First.Key} {pair.First.Value} became {pair.Second.Value}"),
    ];

    // Keys are read again, but neither asked for nor given up without a start.
    private static bool IsKeys((string Key, string Value) then, (string Key, string Value) now) =>
        then.Key == "security.curve" && then.Value != "null" && now.Value != "null";
}
