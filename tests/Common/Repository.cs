using System.Runtime.CompilerServices;

namespace Realtime.Tests;

/// <summary>Folders that tests read: the repository's own, and the shared data beside it.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Environment REALTIME_DATA, else ../shared/data beside the repository.</summary>
    public static string Data { get; } = Environment.GetEnvironmentVariable("REALTIME_DATA") is { Length: > 0 } given
        ? given
        : Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));

    /// <summary>A file or folder of the shared data.</summary>
    public static string DataPath(string name) => Path.Combine(Data, name);

    private static string FindRoot([CallerFilePath] string source = "")
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Realtime.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", ".."));
    }
}

/// <summary>A fact about recorded data; skipped where the data is not on this machine.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataFactAttribute : FactAttribute
{
    /// <param name="folder">Within the data folder.</param>
    public DataFactAttribute(string folder)
    {
        string path = Path.Combine(Repository.Data, folder);
        if (!Directory.Exists(path))
            Skip = $"SKIPPED: no data at {path}; set REALTIME_DATA to the folder that holds {folder}";
    }
}
