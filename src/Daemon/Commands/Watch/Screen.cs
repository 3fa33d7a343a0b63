using Spectre.Console;

namespace Realtime.Daemon.Commands;

/// <summary>The whole terminal, drawn again and again; afterwards what was on it before is there again.</summary>
internal sealed class Screen : IDisposable
{
    // The alternate screen without a cursor, and back.
    private const string EnterScreen = "\e[?1049h\e[?25l";
    private const string LeaveScreen = "\e[?25h\e[?1049l";

    // A frame is shown at once where the terminal can: from the top, what was longer before is cut off.
    private const string BeginFrame = "\e[?2026h\e[H";
    private const string EndOfLine = "\e[K";
    private const string EndFrame = "\e[J\e[?2026l";

    private readonly TextWriter _output;

    public Screen(TextWriter output)
    {
        _output = output;
        output.Write(EnterScreen);
    }

    /// <summary>Shows the lines, as many as fit.</summary>
    public void Show(IReadOnlyList<StyledLine> lines, int height) => _output.Write(Render(lines, height));

    public void Dispose() => _output.Write(LeaveScreen);

    private static string Render(IReadOnlyList<StyledLine> lines, int height)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = AnsiSupport.Yes,
            ColorSystem = Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
                ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // Lines are as long as they may be: the console shall not wrap them.
        console.Profile.Width = int.MaxValue / 2;
        text.Write(BeginFrame);
        for (var i = 0; i < lines.Count && i < height; i++)
        {
            text.Write(i == 0 ? "" : "\r\n");
            console.Markup(lines[i].ToString());
            text.Write(EndOfLine);
        }

        text.Write(EndFrame);
        return text.ToString();
    }
}
