using System.Text;

namespace Realtime.Daemon.Configuration;

/// <summary>Where settings come from: the file, one environment variable or one <c>--set</c>.</summary>
/// <param name="name">The file's path as given, the variable's name, or the argument.</param>
/// <param name="order">Later sources override earlier ones, and their errors come later.</param>
/// <param name="folder">What relative paths in it are relative to.</param>
/// <param name="text">The file's bytes; null where a position in it means nothing.</param>
internal sealed class ConfigurationSource(string name, int order, string folder, byte[]? text = null)
{
    public string Name => name;
    public int Order => order;
    public string Folder => folder;

    /// <summary>"file:line:column", both from 1, the column in characters; or just the source's name.</summary>
    public string At(int offset)
    {
        if (text is null)
        {
            return name;
        }
        var before = text.AsSpan(0, Math.Min(offset, text.Length));
        var line = 1 + before.Count((byte)'\n');
        var thisLine = before[(before.LastIndexOf((byte)'\n') + 1)..];
        var column = 1 + Encoding.UTF8.GetString(thisLine).EnumerateRunes().Count();
        return $"{name}:{line}:{column}";
    }
}
