namespace Realtime.Daemon.Hosting;

/// <summary>What the program ends with.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 64;
    public const int Configuration = 78;
}

/// <summary>The program can't go on; one line per fault.</summary>
public sealed class StartException(int exitCode, IReadOnlyList<string> faults)
    : Exception(string.Join(Environment.NewLine, faults))
{
    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Faults { get; } = faults;
}
