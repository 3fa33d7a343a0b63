using System.Runtime.InteropServices;

namespace Realtime.Daemon.Commands;

/// <summary>What is at the other end of the program's output.</summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;
    private const short ErrorEvent = 8;

    /// <summary>Whether the writer is a terminal that can be drawn on.</summary>
    public static bool IsTerminal(TextWriter output) => ReferenceEquals(output, Console.Out)
        && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Whether the writer is a pipe that nobody reads any more; writing to it goes unnoticed in .NET.</summary>
    public static bool IsClosed(TextWriter output)
    {
        if (!ReferenceEquals(output, Console.Out))
            return false;
        var entry = new PollEntry { Descriptor = Descriptor };
        return Poll(ref entry, 1, 0) > 0 && (entry.Returned & ErrorEvent) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Returned;
    }
}
