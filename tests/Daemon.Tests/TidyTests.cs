using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Realtime.Daemon.Tests;

/// <summary>The repository's own rules.</summary>
public sealed partial class TidyTests
{
    private const int Columns = 120;
    private const int MethodLines = 70;

    // Methods that are longer than a screen for a reason: kernels, tables.
    private static readonly string[] LongMethods =
        ["src/Cells/Vectors/GruProducts.cs: MethodImpl", "src/Cells/Vectors/LstmProducts.cs: MethodImpl"];

    // What a project may refer to.
    private static readonly Dictionary<string, string[]> References = new()
    {
        ["Protocol"] = [],
        ["Cells"] = [],
        ["Training"] = ["Cells"],
        ["Gpu"] = ["Cells"],
        ["Daemon"] = ["Cells", "Gpu", "Protocol", "Training"],
    };

    private static readonly string Root = Repository.Root;
    private static readonly string[] Tracked = FindTracked();

    private static IEnumerable<string> Sources => Tracked.Where(
        static file => file.EndsWith(".cs") && (file.StartsWith("src/") || file.StartsWith("tests/")));

    [Fact]
    public void The_repository_is_found()
    {
        Assert.Contains("src/Daemon/Frames/FrameLoop.cs", Tracked);
        Assert.True(Sources.Count() > 150);
    }

    [Fact]
    public void Lines_fit_the_margin()
    {
        var tooLong = Sources
            .SelectMany(static file => Lines(file).Select((line, i) => (Place: $"{file}:{i + 1}", line.Length)))
            .Where(static line => line.Length > Columns);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_type_is_called_after_its_having_no_purpose()
    {
        Assert.Matches(VagueType(), "internal static class " + "StringUtils");
        var found = Sources.SelectMany(static file => VagueType().Matches(Text(file)).Select(one => $"{file}: {one}"));
        Assert.Empty(found);
    }

    [Fact]
    public void Methods_fit_a_screen()
    {
        var body = string.Concat(Enumerable.Repeat("        x++;\n", MethodLines + 1));
        var type = $"class A\n{{\n    void F(\n        int x)\n    {{\n{body}    }}\n}}\n";
        Assert.Equal("F", Assert.Single(MethodsOver(type)));
        var found = Sources.SelectMany(static file => MethodsOver(Text(file)).Select(name => $"{file}: {name}"));
        Assert.Empty(found.Except(LongMethods));
    }

    [Fact]
    public void Ids_of_log_events_are_unique()
    {
        var ids = Sources.SelectMany(
            static file => EventId().Matches(Text(file)).Select(one => (file, id: one.Groups[1].Value)));
        Assert.True(ids.Count() > 5);
        var twice = ids.GroupBy(static one => one.id).Where(static one => one.Count() > 1)
            .Select(static one => $"{one.Key}: {string.Join(", ", one.Select(static at => at.file))}");
        Assert.Empty(twice);
    }

    [Fact]
    public void Projects_refer_one_way()
    {
        var projects = Tracked.Where(static file => file.StartsWith("src/") && file.EndsWith(".csproj")).ToArray();
        Assert.Equal(References.Keys.Order(), projects.Select(NameOf).Order());
        foreach (var project in projects)
        {
            var references = XDocument.Parse(Text(project)).Descendants("ProjectReference")
                .Select(static reference => NameOf(reference.Attribute("Include")!.Value));
            Assert.Empty(references.Except(References[NameOf(project)]));
        }
    }

    [Fact]
    public void The_frame_loop_knows_neither_sockets_nor_hosting()
    {
        var known = Sources.Where(static file => file.StartsWith("src/Daemon/Frames/"))
            .SelectMany(static file => DaemonUsing().Matches(Text(file)).Select(static one => one.Groups[1].Value));
        Assert.Empty(known.Distinct());
    }

    [Fact]
    public void No_file_names_a_place_of_one_machine()
    {
        Assert.Matches(MachinePath(), "see /" + "work/x");
        Assert.DoesNotMatch(MachinePath(), "net/" + "work/x and /var/lib/realtimed");
        var found = Tracked.Where(static file => !IsBinary(file))
            .SelectMany(static file => MachinePath().Matches(Text(file)).Select(one => $"{file}: {one.Value}"));
        Assert.Empty(found);
    }

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Utility|Utilities)\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex EventId();

    [GeneratedRegex(@"^using Realtime\.Daemon\.(?!Frames)(\w+)", RegexOptions.Multiline)]
    private static partial Regex DaemonUsing();

    [GeneratedRegex(@"(?<![\w.~-])/(work|home|Users|root)/\w")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum|namespace)\b")]
    private static partial Regex TypeKeyword();

    [GeneratedRegex(@"(\w+)(?:<[^()]*>)?\(")]
    private static partial Regex NameBeforeParenthesis();

    // By indentation: a block one or two levels in that no type opens is a member.
    private static IEnumerable<string> MethodsOver(string text)
    {
        var lines = text.Split('\n');
        for (var start = 1; start < lines.Length; start++)
        {
            var indent = lines[start].Length - 1;
            if (indent is not (4 or 8) || lines[start].Trim() != "{")
                continue;
            var opener = Opener(lines, start);
            var end = Array.FindIndex(lines, start, line => line.StartsWith(new string(' ', indent) + "}"));
            if (TypeKeyword().IsMatch(opener) || end - start - 1 <= MethodLines)
                continue;
            var name = NameBeforeParenthesis().Match(opener);
            yield return name.Success ? name.Groups[1].Value : opener;
        }
    }

    private static string Opener(string[] lines, int start)
    {
        var first = start - 1;
        while (first > 0 && lines[first - 1].Trim() is not "" && !lines[first - 1].TrimEnd().EndsWith(';')
            && lines[first - 1].Trim() is not ("{" or "}"))
            first--;
        return string.Join(' ', lines[first..start].Select(static line => line.Split("//")[0].Trim()));
    }

    private static string NameOf(string project) => Path.GetFileNameWithoutExtension(project);

    private static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string[] Lines(string file) => Text(file).Split('\n');

    private static bool IsBinary(string file)
    {
        using var stream = File.OpenRead(Path.Combine(Root, file));
        var head = new byte[8192];
        return head.AsSpan(0, stream.Read(head)).Contains((byte)0);
    }

    // What git tracks; of sources without their history, all but what is built.
    private static string[] FindTracked()
    {
        if (!Path.Exists(Path.Combine(Root, ".git")))
            return
            [
                .. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
                    .Select(static file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
                    .Where(static file => !file.Split('/').Any(static part => part is "artifacts" or "bin" or "obj"
                        or "node_modules" or "__pycache__")),
            ];
        using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"])
        {
            WorkingDirectory = Root, RedirectStandardOutput = true,
        })!;
        var files = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return [.. files.Where(static file => File.Exists(Path.Combine(Root, file)))];
    }
}
