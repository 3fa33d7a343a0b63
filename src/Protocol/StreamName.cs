using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Realtime.Protocol;

/// <summary>The rules for a stream's name: 1 to 255 bytes of UTF-8 without control characters.</summary>
public static class StreamName
{
    public const int MaximumLength = 255;

    /// <summary>The bytes that the longest id takes as decimal digits.</summary>
    public const int MaximumDigits = 20;

    public static bool IsValid(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaximumLength)
            return false;
        int other = utf8.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return other < 0 || IsValidText(utf8[other..]);
    }

    /// <summary>Writes the name of the stream with this id: its decimal digits.</summary>
    /// <returns>The number of bytes written, at most <see cref="MaximumDigits"/>.</returns>
    public static int Format(ulong id, Span<byte> destination)
    {
        if (!Utf8Formatter.TryFormat(id, destination, out int written))
            throw new ArgumentException($"needs {MaximumDigits} bytes for an id", nameof(destination));
        return written;
    }

    /// <summary>Whether a name is the decimal digits of an id, as <see cref="Format"/> writes them.</summary>
    public static bool TryParseId(ReadOnlySpan<byte> name, out ulong id) =>
        Utf8Parser.TryParse(name, out id, out int consumed)
        && consumed == name.Length
        && (name.Length == 1 || name[0] is >= (byte)'1' and <= (byte)'9');

    private static bool IsValidText(ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int size) != OperationStatus.Done
                || Rune.IsControl(rune))
                return false;
            utf8 = utf8[size..];
        }
        return true;
    }
}
