using System.CommandLine;
using System.Globalization;
using Realtime.Daemon.Configuration;
using Realtime.Protocol;

namespace Realtime.Daemon.Commands;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    private static readonly RealtimeClientOptions Defaults = new();

    /// <summary>Where ticks go.</summary>
    public static Option<string> Ingest() => Endpoint("--to", Defaults.Ingest, "The daemon's ingest endpoint");

    /// <summary>Where requests go.</summary>
    public static Option<string> Requests() => Endpoint("--to", Defaults.Requests, "The daemon's requests endpoint");

    /// <summary>Where predictions come from.</summary>
    public static Option<string> Predictions() =>
        Endpoint("--from", Defaults.Predictions, "The daemon's predictions endpoint");

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    public static Option<double?> Seconds(string name, string description) =>
        Positive(name, description, "SECONDS", "a number of seconds above 0");

    /// <summary>A whole number above 0.</summary>
    public static Option<int?> Count(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                return number;
            result.AddError($"{name}: found {text}, expected a whole number above 0");
            return null;
        },
    };

    /// <summary>The number of a record.</summary>
    public static Option<ulong?> Record(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                return number;
            result.AddError($"{name}: found {text}, expected the number of a record, from 1 on");
            return null;
        },
    };

    /// <summary>What steps models.</summary>
    public static Option<EngineKind?> Engine(string description) => new("--engine")
    {
        Description = description,
        HelpName = "cpu|gpu|auto",
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            foreach (var kind in Enum.GetValues<EngineKind>())
            {
                if (text.Equals(kind.ToString(), StringComparison.OrdinalIgnoreCase))
                    return kind;
            }

            result.AddError($"--engine: found {text}, expected cpu, gpu or auto");
            return null;
        },
    };

    /// <summary>The device that steps them.</summary>
    public static Option<string?> Device() => new("--device")
    {
        Description = "The device of --engine gpu or auto: its place in the list of devices, or part of its name",
        HelpName = "DEVICE",
    };

    private static Option<double?> Positive(string name, string description, string helpName, string expected) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (TryPositive(text, out var number))
                    return number;
                result.AddError($"{name}: found {text}, expected {expected}");
                return null;
            },
        };

    internal static bool TryPositive(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
        && number is > 0 and < 1e9;

    private static Option<string> Endpoint(string name, string fallback, string description)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = "ENDPOINT",
            DefaultValueFactory = _ => fallback,
        };
        option.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if (!EndpointAddress.TryParseTcp(text, out var address) && !EndpointAddress.TryParseIpc(text, out address)
                || address.Port == 0)
                result.AddError($"{name}: found {text}, expected tcp://host:port or ipc://path");
        });
        return option;
    }
}
