namespace Realtime.Daemon.Tests.Commands;

/// <summary>What a command line gave.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the program's verbs in this process.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(new SpokenText(), arguments);

    /// <summary>The same, with standard error to be read while it runs.</summary>
    public static async Task<CommandResult> RunAsync(SpokenText error, params string[] arguments)
    {
        using var stop = new CancellationTokenSource(Patience);
        var output = new StringWriter();
        var code = await Program.RunAsync(
            arguments, TextWriter.Synchronized(output), TextWriter.Synchronized(error), stop.Token);
        Assert.False(
            stop.IsCancellationRequested,
            $"{string.Join(" ", arguments)} took longer than {Patience}\n{output}{error}");
        return new CommandResult(code, output.ToString(), error.ToString());
    }

    /// <summary>The same where it has to end well.</summary>
    public static async Task<CommandResult> RunWellAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(
            result.ExitCode == 0, $"{string.Join(" ", arguments)}: exit code {result.ExitCode}\n{result.Error}");
        return result;
    }
}
