using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;

namespace Realtime.Daemon.Commands;

/// <summary>What a verb takes, for completion and the manual: all of it comes from the command line itself.</summary>
/// <param name="Path">"realtimed streams list".</param>
/// <param name="Description">One line.</param>
/// <param name="Verbs">The verbs below it.</param>
/// <param name="Options">Its options.</param>
/// <param name="Arguments">What stands beside the options.</param>
internal sealed record CommandOutline(
    string Path, string Description, IReadOnlyList<CommandOutline> Verbs, IReadOnlyList<OptionOutline> Options,
    IReadOnlyList<ArgumentOutline> Arguments)
{
    public string Name => Path[(Path.LastIndexOf(' ') + 1)..];

    /// <summary>This and all below it.</summary>
    public IEnumerable<CommandOutline> All => Verbs.SelectMany(static verb => verb.All).Prepend(this);

    public static CommandOutline Of(Command command, string before = "")
    {
        var path = before.Length == 0 ? "realtimed" : $"{before} {command.Name}";
        return new CommandOutline(
            path, command.Description ?? "",
            [.. command.Subcommands.Where(static verb => !verb.Hidden).Select(verb => Of(verb, path))],
            [.. command.Options.Where(static option => !option.Hidden).Select(OptionOutline.Of)],
            [.. command.Arguments.Where(static argument => !argument.Hidden).Select(ArgumentOutline.Of)]);
    }

    internal static string[] ValuesOf(IEnumerable<CompletionItem> items) =>
        [.. items.Select(static item => item.Label)];

    internal static bool IsPath(string valueName) => valueName is "FILE" or "DIR" or "FOLDER" or "PATH"
        || valueName.EndsWith("]FILE", StringComparison.Ordinal);
}

/// <param name="Names">"--config", "-c".</param>
/// <param name="ValueName">What its value is called; null where it takes none.</param>
/// <param name="Values">The values it takes; empty where they are no matter of a list.</param>
/// <param name="Description">One line.</param>
/// <param name="Default">The value where it is not given; null where there is none to speak of.</param>
internal sealed record OptionOutline(
    IReadOnlyList<string> Names, string? ValueName, IReadOnlyList<string> Values, string Description, string? Default)
{
    public bool IsPath => ValueName is not null && CommandOutline.IsPath(ValueName);

    /// <summary>It takes a setting of the configuration.</summary>
    public bool IsSetting => ValueName == "KEY=VALUE";

    public static OptionOutline Of(Option option)
    {
        string[] names = [option.Name, .. option.Aliases.Where(static alias => alias.StartsWith('-') && alias != "-?")];
        var takesValue = option.ValueType != typeof(bool) && option is not (HelpOption or VersionOption);
        string[] values = takesValue ? CommandOutline.ValuesOf(option.GetCompletions(CompletionContext.Empty)) : [];
        var valueName = !takesValue ? null
            : option.HelpName ?? (values.Length != 0 ? string.Join('|', values) : "VALUE");
        var fallback = takesValue && option.HasDefaultValue ? option.GetDefaultValue()?.ToString() : null;
        return new OptionOutline(
            names, valueName, values, option.Description ?? "", fallback is "" ? null : fallback);
    }
}

/// <param name="Name">"DIR".</param>
/// <param name="Values">The values it takes; empty where they are no matter of a list.</param>
/// <param name="Description">One line.</param>
/// <param name="IsOptional">It may be left out.</param>
/// <param name="IsRepeated">It may stand more than once.</param>
internal sealed record ArgumentOutline(
    string Name, IReadOnlyList<string> Values, string Description, bool IsOptional, bool IsRepeated)
{
    public bool IsPath => CommandOutline.IsPath(Name);

    public static ArgumentOutline Of(Argument argument) => new(
        argument.HelpName ?? argument.Name.ToUpperInvariant(),
        argument.ValueType == typeof(bool)
            ? [] : CommandOutline.ValuesOf(argument.GetCompletions(CompletionContext.Empty)),
        argument.Description ?? "", argument.Arity.MinimumNumberOfValues == 0,
        argument.Arity.MaximumNumberOfValues > 1);
}
