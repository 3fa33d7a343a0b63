using System.Text;
using Spectre.Console;

namespace Realtime.Daemon.Commands;

/// <summary>A line of styled texts that is cut where the terminal ends.</summary>
internal sealed class StyledLine(int width)
{
    private readonly StringBuilder _markup = new();
    private int _left = width;

    /// <param name="text">What to append, as far as there is room.</param>
    /// <param name="style">As Spectre.Console has it; empty for none.</param>
    public StyledLine Add(string text, string style = "")
    {
        var shown = text.Length <= _left ? text : text[.._left];
        _left -= shown.Length;
        if (shown.Length == 0)
            return this;
        _markup.Append(style.Length == 0 ? Markup.Escape(shown) : $"[{style}]{Markup.Escape(shown)}[/]");
        return this;
    }

    /// <summary>The line as Spectre.Console's markup.</summary>
    public override string ToString() => _markup.ToString();
}
