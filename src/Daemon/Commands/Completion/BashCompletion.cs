using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>For bash, with or without the bash-completion package.</summary>
internal static class BashCompletion
{
    private const string Function = """
        _realtimed() {
          local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path=realtimed i words
          for ((i = 1; i < COMP_CWORD; i++)); do
            _realtimed_verb "$path ${COMP_WORDS[i]}" && path="$path ${COMP_WORDS[i]}"
          done
          # KEY=VALUE is three words to bash.
          if [[ $cur == = ]]; then
            words=$(_realtimed_values "$prev=") cur=
          elif [[ $prev == = ]]; then
            words=$(_realtimed_values "${COMP_WORDS[COMP_CWORD-2]}=")
          else
            words=$(_realtimed_values "$path $prev")
            [[ -n $words ]] || words=$(_realtimed_words "$path")
          fi
          case $words in
            '@file'*) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))
              words=${words#@file} ;;
            '@setting'*) compopt -o nospace 2>/dev/null; COMPREPLY=(); words=${words#@setting} ;;
            '@any'*) COMPREPLY=(); return ;;
            *) COMPREPLY=() ;;
          esac
          COMPREPLY+=($(compgen -W "$words" -- "$cur"))
        }
        complete -F _realtimed realtimed

        """;

    public static string Write(CommandOutline root)
    {
        var text = new StringBuilder("# Completion of realtimed for bash; printed by: realtimed completion bash\n\n");
        ShellCases.Write(text, root);
        return text.Append(Function).ToString();
    }
}
