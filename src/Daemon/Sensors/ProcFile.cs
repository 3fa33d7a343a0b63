using System.Globalization;

namespace Realtime.Daemon.Sensors;

/// <summary>The small text files of <c>/proc</c> and <c>/sys</c>.</summary>
internal static class ProcFile
{
    /// <summary>The text; empty where the file is missing or the kernel refuses it.</summary>
    public static string Read(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The next blank-separated field, cut off the front of the line; empty at its end.</summary>
    public static ReadOnlySpan<char> NextField(scoped ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart();
        var end = line.IndexOfAny(' ', '\t');
        var field = end < 0 ? line : line[..end];
        line = line[field.Length..];
        return field;
    }

    public static bool TryNextCount(scoped ref ReadOnlySpan<char> line, out ulong count) =>
        ulong.TryParse(NextField(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out count);

    public static bool TryNextNumber(scoped ref ReadOnlySpan<char> line, out double number) =>
        double.TryParse(NextField(ref line), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
