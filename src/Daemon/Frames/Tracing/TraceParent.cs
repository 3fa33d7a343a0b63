
namespace Realtime.Daemon.Frames.Tracing;

/// <summary>A W3C traceparent: "00-(32 hex digits of the trace)-(16 of the span)-(2 of the flags)".</summary>
/// <param name="High">The first 8 bytes of the trace's id.</param>
/// <param name="Low">The last 8 bytes.</param>
/// <param name="Span">The span's id.</param>
/// <param name="Flags">1: it is sampled.</param>
public readonly record struct TraceParent(ulong High, ulong Low, ulong Span, byte Flags)
{
    /// <summary>Bytes of one as text.</summary>
    public const int Length = 55;

    /// <summary>In the flags: it is sampled.</summary>
    public const byte Sampled = 1;

    private const int SpanAt = 36;
    private const int FlagsAt = 53;

    public bool IsSampled => (Flags & Sampled) != 0;

    /// <summary>Reads one; false where it is none that the recommendation lets be used.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out TraceParent parent)
    {
        parent = default;
        // Version 00 has this length; a later one may go on behind another dash, and ff is none.
        if (text.Length < Length || text[2] != '-' || text[35] != '-' || text[52] != '-')
            return false;
        if (!TryReadHex(text[..2], out var version) || version == 0xff)
            return false;
        if (version == 0 ? text.Length != Length : text.Length > Length && text[Length] != '-')
            return false;
        if (!TryReadHex(text.Slice(3, 16), out var high) || !TryReadHex(text.Slice(19, 16), out var low)
            || !TryReadHex(text.Slice(SpanAt, 16), out var span) || !TryReadHex(text.Slice(FlagsAt, 2), out var flags))
            return false;
        parent = new TraceParent(high, low, span, (byte)flags);
        return (high | low) != 0 && span != 0;
    }

    /// <summary>Writes <see cref="Length"/> bytes of version 00.</summary>
    public void Write(Span<byte> to)
    {
        "00-"u8.CopyTo(to);
        WriteHex(High, to[3..]);
        WriteHex(Low, to[19..]);
        to[35] = (byte)'-';
        WriteHex(Span, to[SpanAt..]);
        to[52] = (byte)'-';
        WriteHex((ulong)Flags << 56, to[FlagsAt..Length]);
    }

    private static bool TryReadHex(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        foreach (var c in text)
        {
            var digit = c is >= (byte)'0' and <= (byte)'9' ? c - '0'
                : c is >= (byte)'a' and <= (byte)'f' ? c - 'a' + 10 : -1;
            if (digit < 0)
                return false;
            value = (value << 4) | (uint)digit;
        }

        return true;
    }

    // The highest digits, as many as there is room for, 16 at most.
    private static void WriteHex(ulong value, Span<byte> to)
    {
        for (var i = 0; i < Math.Min(16, to.Length); i++)
            to[i] = "0123456789abcdef"u8[(int)(value >> (60 - 4 * i)) & 15];
    }
}
