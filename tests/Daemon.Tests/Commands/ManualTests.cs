using System.Diagnostics;
using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>The manual pages say what the program does.</summary>
public sealed class ManualTests
{
    private static readonly string Pages = Path.Combine(Repository.Root, "docs", "man");

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Pages).Select(static file => Path.GetFileName(file))];

    [Theory]
    [InlineData("realtimed.1")]
    [InlineData("realtimed.json.5")]
    public async Task A_page_is_what_the_program_prints(string page)
    {
        var printed = (await CommandLine.RunWellAsync("manual", page)).Output;
        var kept = await File.ReadAllTextAsync(Path.Combine(Pages, page));
        Assert.True(printed == kept, $"docs/man/{page} is not what the program prints: run script/manual");
    }

    [Fact]
    public void Every_verb_and_option_is_in_the_first()
    {
        var text = Plain("realtimed.1");
        var options = 0;
        foreach (var verb in Program.Outline.All)
        {
            Assert.Contains(verb.Path, text);
            foreach (var name in verb.Options.SelectMany(static option => option.Names))
            {
                Assert.Contains(name, text);
                options++;
            }
        }

        Assert.True(options > 50);
        foreach (var code in (string[])["\n.B 0\n", "\n.B 1\n", "\n.B 64\n", "\n.B 78\n"])
            Assert.Contains(code, text);
    }

    [Fact]
    public void Every_setting_is_in_the_second()
    {
        var text = Plain("realtimed.json.5");
        foreach (var setting in ConfigurationSchema.All)
            Assert.Contains($"\\fB{setting.Key}\\fI", text);
    }

    [Fact]
    public void Every_request_error_and_event_is_in_the_third()
    {
        var text = Plain("realtimed-protocol.7");
        string[] requests =
        [
            "hello", "describe", "streams", "last", "state.get", "state.put", "reset", "forget", "stats", "snapshot",
            "reload",
        ];
        foreach (var request in requests)
            Assert.Contains($"\n.B {request}\n", text);
        foreach (var code in Enum.GetValues<ErrorCode>().Where(static code => code != ErrorCode.None))
            Assert.Contains($"\n.B {(int)code}\n{code.Reason()}", text);
        foreach (var kind in Enum.GetValues<StreamEventKind>())
            Assert.Contains($"\n.BR {Encoding.UTF8.GetString(kind.Name())} ", text);
    }

    [ProgramTheory("man", "man-db")]
    [MemberData(nameof(Files))]
    public void Man_has_nothing_to_say_against_it(string page)
    {
        var found = Run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", Path.Combine(Pages, page));
        Assert.Equal("", found);
    }

    private static string Plain(string page) =>
        File.ReadAllText(Path.Combine(Pages, page)).Replace("\\-", "-").Replace("\\e", "\\");

    private static string Run(string program, params string[] arguments)
    {
        var (_, text, errors) = Command.Run(new ProcessStartInfo(program, arguments)
        {
            Environment = { ["MANROFFSEQ"] = "", ["MANWIDTH"] = "80", ["LC_ALL"] = "C.UTF-8" },
        });
        Assert.NotEqual("", text);
        return errors;
    }
}
