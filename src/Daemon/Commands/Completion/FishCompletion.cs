using System.Text;
using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Commands;

/// <summary>For fish.</summary>
internal static class FishCompletion
{
    // Where a command line stands: its words without options, as far as they are verbs.
    private const string Place = """
        function __realtimed_at
          set -l words (commandline -opc)
          set -l place realtimed
          for word in $words[2..-1]
            if contains -- "$place $word" $__realtimed_verbs
              set place "$place $word"
            end
          end
          test "$place" = "$argv[1]"
        end

        complete -c realtimed -f

        """;

    private static string Settings => string.Join(' ', ConfigurationSchema.Keys.Select(static one => one.Key + "="));

    public static string Write(CommandOutline root)
    {
        var text = new StringBuilder("# Completion of realtimed for fish; printed by: realtimed completion fish\n\n");
        var paths = root.All.Skip(1).Select(static verb => $"'{verb.Path}'");
        text.AppendLine("complete -c realtimed -s h -l help -d 'Show help'");
        text.AppendLine($"set -g __realtimed_verbs {string.Join(' ', paths)}").AppendLine().Append(Place);
        foreach (var place in root.All)
        {
            foreach (var verb in place.Verbs)
                Add(text, place, $"-a '{verb.Name}'", verb.Description);
            foreach (var argument in place.Arguments)
                Add(text, place, argument.IsPath ? "-F" : $"-a '{string.Join(' ', argument.Values)}'", "");
            foreach (var option in place.Options.Where(static option => option.Names[0] != "--help"))
                Add(text, place, NamesOf(option) + ValuesOf(option), option.Description);
        }

        return text.ToString();
    }

    private static void Add(StringBuilder text, CommandOutline place, string what, string description)
    {
        text.Append($"complete -c realtimed -n '__realtimed_at \"{place.Path}\"' {what}");
        if (description.Length != 0)
            text.Append($" -d '{description.Replace("\\", "\\\\").Replace("'", "\\'")}'");
        text.AppendLine();
    }

    private static string NamesOf(OptionOutline option) => string.Join(' ', option.Names.Select(static name =>
        name.StartsWith("--") ? $"-l {name[2..]}" : name.StartsWith('-') ? $"-s {name[1..]}" : "").Where(
        static name => name.Length != 0));

    private static string ValuesOf(OptionOutline option) => option switch
    {
        { ValueName: null } => "",
        { IsPath: true } => " -r -F",
        { IsSetting: true } => $" -x -a '{Settings}'",
        { Values.Count: > 0 } => $" -x -a '{string.Join(' ', option.Values)}'",
        _ => " -x",
    };
}
