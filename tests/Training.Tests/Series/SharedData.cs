namespace Realtime.Training.Tests.Series;

/// <summary>Public series that are kept beside the repository, or where REALTIME_DATA says.</summary>
internal static class SharedData
{
    public static string Folder { get; } = Environment.GetEnvironmentVariable("REALTIME_DATA")
        ?? Path.Combine(RepositoryRoot(), "..", "shared", "data");

    public static string File(string name) => Path.Combine(Folder, name);

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.Parent is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Realtime.sln")))
        {
            folder = folder.Parent;
        }
        return folder.FullName;
    }
}

/// <summary>A test that is skipped, saying so, where the series are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (!Directory.Exists(SharedData.Folder))
        {
            Skip = $"NOT RUN: no folder {SharedData.Folder}; set REALTIME_DATA to the folder of the public series";
        }
    }
}
