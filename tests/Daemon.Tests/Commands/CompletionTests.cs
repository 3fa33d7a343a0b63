using System.Diagnostics;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>Completion as the shells themselves carry it out.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("realtimed str", "streams")]
    [InlineData("realtimed streams ", "list top show last reset forget export import --help --version")]
    [InlineData("realtimed config ", "init schema --help --version")]
    [InlineData("realtimed check --con", "--config")]
    [InlineData("realtimed watch --sort ", "name recent")]
    [InlineData("realtimed streams list --pre", "--prefix")]
    [InlineData("realtimed run --set frame.", "frame.maxTicks= frame.idle=")]
    [InlineData("realtimed run --set frame.idle=", "block spin")]
    [InlineData("realtimed run --set state.durability=f", "fsync")]
    [InlineData("realtimed run --set http.endpoint=", "")]
    [InlineData("realtimed completion ", "bash fish zsh --help --version")]
    [InlineData("realtimed check --config fi", "file1 file2")]
    [InlineData("realtimed nonsense ", null)]
    public async Task Bash_Completes(string line, string? expected)
    {
        var script = await WriteAsync("bash");
        File.WriteAllText(Path.Combine(_folder.Path, "file1"), "");
        File.WriteAllText(Path.Combine(_folder.Path, "file2"), "");
        // As readline splits a line: "=" is a word of its own.
        var found = Run("bash", "-c", """
            . "$1"
            line=$2
            COMP_LINE=$line COMP_POINT=${#line}
            eval "COMP_WORDS=(${line//=/ = })"
            [[ $line == *' ' || $line == *= ]] && [[ $line != *= ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _realtimed
            printf '%s\n' "${COMPREPLY[@]}"
            """, "bash", script, line);
        if (expected is null)
            Assert.Contains("run", found);
        else
            Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), found.Order());
    }

    [ProgramFact("bash")]
    public Task Bash_takes_its_script() => TakesItsScriptAsync("bash");

    [ProgramFact("zsh")]
    public Task Zsh_takes_its_script() => TakesItsScriptAsync("zsh");

    [ProgramFact("fish")]
    public Task Fish_takes_its_script() => TakesItsScriptAsync("fish");

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_script_has_every_verb_and_setting(string shell)
    {
        var text = await File.ReadAllTextAsync(await WriteAsync(shell));
        foreach (var verb in Program.Outline.All)
        {
            Assert.Contains($"'{verb.Path}'", "'realtimed'" + text);
            foreach (var name in verb.Options.SelectMany(static option => option.Names))
                Assert.Contains(shell == "fish" ? name.TrimStart('-') : name, text);
        }

        foreach (var setting in ConfigurationSchema.Keys)
            Assert.Contains($"{setting.Key}=", text);
    }

    [ProgramTheory("fish")]
    [InlineData("realtimed str", "streams")]
    [InlineData("realtimed streams to", "top")]
    [InlineData("realtimed check --agai", "--against")]
    [InlineData("realtimed run --set frame.i", "frame.idle=")]
    public async Task Fish_Completes(string line, string expected)
    {
        var found = Run("fish", "-c", "source $argv[1]; complete -C $argv[2]", await WriteAsync("fish"), line);
        Assert.Equal(expected, Assert.Single(found).Split('\t')[0]);
    }

    private async Task TakesItsScriptAsync(string shell) => Assert.Empty(Run(shell, "-n", await WriteAsync(shell)));

    private async Task<string> WriteAsync(string shell)
    {
        var file = Path.Combine(_folder.Path, "completion");
        await File.WriteAllTextAsync(file, (await CommandLine.RunWellAsync("completion", shell)).Output);
        return file;
    }

    private string[] Run(string shell, params string[] arguments)
    {
        var (_, text, errors) = Command.Run(new ProcessStartInfo(shell, arguments) { WorkingDirectory = _folder.Path });
        Assert.Equal("", errors);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
