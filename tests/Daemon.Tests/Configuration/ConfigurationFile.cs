using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Tests.Configuration;

/// <summary>A configuration file in a folder of its own.</summary>
internal sealed class ConfigurationFile : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private ConfigurationFile(byte[] text)
    {
        Folder = Directory.CreateTempSubdirectory("realtimed-configuration-").FullName;
        File = Path.Combine(Folder, "f.json");
        System.IO.File.WriteAllBytes(File, text);
    }

    public string Folder { get; }
    public string File { get; }

    public static ConfigurationFile With(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    public static ConfigurationFile With(byte[] text) => new(text);

    public ConfigurationResult Load(IReadOnlyDictionary<string, string>? environment = null, params string[] sets) =>
        ConfigurationLoader.Load(File, environment ?? NoEnvironment, sets, defaultFile: "/nonexistent");

    /// <summary>Without a file.</summary>
    public static ConfigurationResult Load(params string[] sets) => LoadFrom(NoEnvironment, sets);

    public static ConfigurationResult LoadFrom(IReadOnlyDictionary<string, string> environment, params string[] sets) =>
        ConfigurationLoader.Load(null, environment, sets, defaultFile: "/nonexistent");

    /// <summary>The messages for a text, the file called "f.json".</summary>
    public static IReadOnlyList<string> Errors(string text)
    {
        using var file = With(text);
        return file.Errors(file.Load());
    }

    public IReadOnlyList<string> Errors(ConfigurationResult result)
    {
        Assert.Equal(result.Errors.Count == 0, result.Options is not null);
        return [.. result.Errors.Select(error => error.Replace(Folder + "/", "", StringComparison.Ordinal))];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
