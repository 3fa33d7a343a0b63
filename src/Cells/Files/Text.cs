using System.Text;

namespace Realtime.Cells.Files;

/// <summary>Text from a file, made fit for a message of one line.</summary>
internal static class Text
{
    private const int Longest = 400;

    /// <summary>Control characters become spaces; what is too long is cut.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Longest))) line.Append(IsBreak(c) ? ' ' : c);
        return text.Length > Longest ? line.Append('…').ToString() : line.ToString();
    }

    public static bool HasControl(string text) => text.Any(IsBreak);

    private static bool IsBreak(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
