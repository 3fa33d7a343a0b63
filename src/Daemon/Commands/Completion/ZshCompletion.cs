using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>For zsh, as a file <c>_realtimed</c> in <c>fpath</c>.</summary>
internal static class ZshCompletion
{
    private const string Function = """
        _realtimed() {
          local where=realtimed found key i
          for ((i = 2; i < CURRENT; i++)); do
            _realtimed_verb "$where ${words[i]}" && where="$where ${words[i]}"
          done
          if [[ ${words[CURRENT]} == *=* ]]; then
            key=${words[CURRENT]%%=*}=
            found=$(_realtimed_values "$key")
            [[ -n $found ]] && compadd -P "$key" -- ${=found}
            return
          fi
          found=$(_realtimed_values "$where ${words[CURRENT-1]}")
          [[ -n $found ]] || found=$(_realtimed_words "$where")
          case $found in
            '@file'*) _files; found=${found#@file} ;;
            '@setting'*) compadd -S '' -- ${=found#@setting}; return ;;
            '@any'*) return ;;
          esac
          [[ -n $found ]] && compadd -- ${=found}
        }
        _realtimed "$@"

        """;

    public static string Write(CommandOutline root)
    {
        var text = new StringBuilder(
            "#compdef realtimed\n# Completion of realtimed for zsh; printed by: realtimed completion zsh\n\n");
        ShellCases.Write(text, root);
        return text.Append(Function).ToString();
    }
}
