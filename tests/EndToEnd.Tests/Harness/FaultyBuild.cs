namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The daemon with a hook that makes its loop hang; <c>script/test</c> builds it.</summary>
internal static class FaultyBuild
{
    public const int Hang = 10;

    public static string Folder { get; } =
        Path.Combine(Repository.Root, "artifacts", "faults", "bin", "Daemon", "debug");

    public static string Daemon { get; } = Path.Combine(Folder, "realtimed.dll");

    /// <summary>Null where it is there.</summary>
    public static string? Missing => File.Exists(Daemon)
        ? null
        : "NOT TESTED: no daemon that can be made to hang "
            + "(dotnet build src/Daemon --configuration Debug -p:FaultInjection=true)";
}

/// <summary>A fact that needs the build with faults; skipped, saying why, where it is missing.</summary>
internal sealed class FaultFactAttribute : FactAttribute
{
    public FaultFactAttribute() => Skip = FaultyBuild.Missing;
}
