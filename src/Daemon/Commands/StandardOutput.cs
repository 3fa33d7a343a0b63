using System.Runtime.InteropServices;

namespace Realtime.Daemon.Commands;

/// <summary>What is at the other end of the program's output.</summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;
    private const short ErrorEvent = 8;
    private const nuint WindowSizeRequest = 0x5413;

    /// <summary>Whether the writer is a terminal that can be drawn on.</summary>
    public static bool IsTerminal(TextWriter output) => ReferenceEquals(output, Console.Out)
        && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Whether the writer is a pipe that nobody reads any more: .NET does not fail on writing to it.</summary>
    public static bool IsClosed(TextWriter output)
    {
        if (!ReferenceEquals(output, Console.Out))
            return false;
        var entry = new PollEntry { Descriptor = Descriptor };
        return Poll(ref entry, 1, 0) > 0 && (entry.Returned & ErrorEvent) != 0;
    }

    /// <summary>The terminal's columns and lines now; .NET learns of a change only while it has the keyboard too.
    /// </summary>
    public static (int Columns, int Lines) TerminalSize()
    {
        WindowSize size = default;
        return Control(Descriptor, WindowSizeRequest, ref size) == 0 && size is { Columns: > 0, Lines: > 0 }
            ? (size.Columns, size.Lines)
            : (80, 24);
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, ref WindowSize size);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    private struct WindowSize
    {
        public ushort Lines;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }

    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Returned;
    }
}
