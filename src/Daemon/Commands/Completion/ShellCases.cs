using System.Text;
using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Commands;

/// <summary>The tables that bash and zsh share, as cases of the shell.</summary>
internal static class ShellCases
{
    /// <summary>What may stand at a place: "verbs and options"; and what kind of value an option takes.</summary>
    public static void Write(StringBuilder text, CommandOutline root)
    {
        text.AppendLine("_realtimed_verb() {").AppendLine("  case $1 in");
        foreach (var verb in root.All.Skip(1))
            text.AppendLine($"    '{verb.Path}') return 0 ;;");
        text.AppendLine("  esac").AppendLine("  return 1").AppendLine("}").AppendLine();
        text.AppendLine("_realtimed_words() {").AppendLine("  case $1 in");
        foreach (var verb in root.All)
            text.AppendLine($"    '{verb.Path}') echo '{string.Join(' ', WordsOf(verb))}' ;;");
        text.AppendLine("  esac").AppendLine("}").AppendLine();
        text.AppendLine("_realtimed_values() {").AppendLine("  case $1 in");
        foreach (var verb in root.All)
            foreach (var option in verb.Options.Where(static option => option.ValueName is not null))
                foreach (var name in option.Names)
                    text.AppendLine($"    '{verb.Path} {name}') echo '{ValuesOf(option)}' ;;");
        foreach (var setting in ConfigurationSchema.Keys)
            if (ChoicesOf(setting) is { Length: > 0 } choices)
                text.AppendLine($"    '{setting.Key}=') echo '{string.Join(' ', choices)}' ;;");
        text.AppendLine("  esac").AppendLine("}").AppendLine();
    }

    // What stands for itself is listed; @file, @setting and @any are kinds.
    private static string ValuesOf(OptionOutline option) => option switch
    {
        { IsPath: true } => "@file",
        { IsSetting: true } => "@setting " + string.Join(' ', Settings()),
        { Values.Count: > 0 } => string.Join(' ', option.Values),
        _ => "@any",
    };

    private static IEnumerable<string> WordsOf(CommandOutline verb)
    {
        var words = verb.Verbs.Select(static one => one.Name)
            .Concat(verb.Arguments.SelectMany(static argument => argument.Values))
            .Concat(verb.Options.SelectMany(static option => option.Names).Where(static name => name.StartsWith('-')))
            .Append("--help").Distinct();
        return verb.Arguments.Any(static argument => argument.IsPath) ? words.Prepend("@file") : words;
    }

    private static IEnumerable<string> Settings() =>
        ConfigurationSchema.Keys.Select(static one => one.Key + "=");

    private static string[] ChoicesOf(Setting setting) => setting.Type == "boolean"
        ? ["true", "false"]
        : setting.Type == "string" && setting.Expected.All(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ',')
            && setting.Expected.Contains(" or ")
            ? setting.Expected.Replace(" or ", ", ").Split(", ")
            : [];
}
